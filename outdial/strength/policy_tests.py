"""Policy tests: facts of a request, and the answer and rule that an edition's policy gives, without HTTP.

A file `<edition>.yaml` stands in `outdial/provider/policies/tests/`. For each operation it states the facts of an
accepted request, and for each rule its answer with changes of the facts that bring it about, in the order of checks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from outdial.documents import Document, Strict
from outdial.provider import POLICIES, Policy, decide

TESTS = POLICIES / "tests"
ACCEPTED = "accepted"


class RuleTests(Strict):
    """The answer of a rule, `status code`, and the changes of the accepted facts that bring it about.

    A rule stands `apart` when its refusal and the next one's exclude each other.
    """

    answer: str
    apart: bool = False
    when: list[dict[str, Any]]


class OperationTests(Strict):
    """The tests of one operation: accepted facts, changes that are accepted `also`, and the refusals in their order.

    Where the first changes of two neighbouring refusals fit together, the earlier one must answer.
    """

    accepted: dict[str, Any]
    also: list[dict[str, Any]] = []
    refused: dict[str, RuleTests]


class StatedFacts(dict[str, Any]):
    """Facts as a test states them; a fact that is not stated is absent. Lists are sets for scopes and permissions."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__({name: _fact(name, value) for name, value in facts.items()})

    def __missing__(self, name: str) -> Any:
        return None

    def names(self, part: str) -> frozenset[str]:
        """Return the stated fields of a part that are not null."""
        begins = f"{part}."
        return frozenset(
            name[len(begins) :].partition(".")[0]
            for name, value in self.items()
            if name.startswith(begins) and value is not None
        )


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One request by its facts, and the rule that must refuse it (`accepted` for none) with its answer."""

    operation: str
    rule: str
    answer: str
    facts: StatedFacts

    def outcome(self, policy: Policy) -> tuple[str, str]:
        """Return the rule and the answer that a policy gives: `("accepted", "")` or `(rule, "status code")`."""
        refused_by = decide(policy.operations[self.operation], self.facts).refused_by
        return (refused_by.id, f"{refused_by.deny.status} {refused_by.deny.code}") if refused_by else (ACCEPTED, "")

    def passes(self, policy: Policy) -> bool:
        """Return whether a policy decides as the test says."""
        return self.outcome(policy) == (self.rule, self.answer)


def load_policy_tests(provider: str, folder: Path = TESTS) -> list[PolicyTest]:
    """Return the tests of an edition; none where it has no file. Raises `DocumentError`."""
    path = folder / f"{provider}.yaml"
    if not path.is_file():
        return []
    operations = Document.read(path).parse(dict[str, OperationTests])
    return [test for name, tests in operations.items() for test in _tests(name, tests)]


def _tests(operation: str, tests: OperationTests) -> Iterator[PolicyTest]:
    for change in ({}, *tests.also):
        yield PolicyTest(operation, ACCEPTED, "", StatedFacts({**tests.accepted, **change}))
    for rule, refused in tests.refused.items():
        for change in refused.when:
            yield PolicyTest(operation, rule, refused.answer, StatedFacts({**tests.accepted, **change}))
    refusals = list(tests.refused.items())
    for (rule, first), (_, second) in pairwise(refusals):
        earlier, later = first.when[0], second.when[0]
        if not first.apart and not earlier.keys() & later.keys():
            yield PolicyTest(operation, rule, first.answer, StatedFacts({**tests.accepted, **later, **earlier}))


def _fact(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if name.endswith(".permissions"):
        return frozenset(tuple(each.rsplit("@", 1)) for each in value)
    return frozenset(value) if name.endswith(".scopes") else value


def failing(policy: Policy, tests: Sequence[PolicyTest]) -> list[PolicyTest]:
    """Return the tests that a policy does not pass."""
    return [test for test in tests if not test.passes(policy)]
