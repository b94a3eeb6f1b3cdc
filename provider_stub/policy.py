"""Policies: one YAML file for each edition of a provider, saying which rules stand before each operation, in order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from provider_stub.denial import Denial
from provider_stub.facts import PARTS, known_names, known_values
from provider_stub.kinds import Condition, KnownFields, Rule
from provider_stub.rule import FactTest
from provider_stub.world import RECORDS
from yaml_documents import Document, DocumentError, Strict, suggest
from yaml_documents.document import Location

POLICIES = Path(__file__).parent / "policies"
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]


class Find(Strict):
    """How a subject is found: a record of a kind, by the fact that holds its id."""

    kind: str
    by: str


class Creates(Strict):
    """A record that an accepted request makes; texts may carry `${fact}`."""

    kind: str
    fields: dict[str, Any] = {}


class Accept(Strict):
    """What an accepted request answers and does; `${fact}` and `${created.id}` are filled in.

    `changes` gives fields of found records new values: a code becomes used.
    """

    status: Annotated[int, Field(ge=200, le=299)]
    changes: dict[str, dict[str, str]] = {}
    creates: dict[str, Creates] = {}
    headers: dict[str, str] = {}
    body: Any = None


class Shape(Strict):
    """How every answer of an edition looks."""

    headers: dict[str, str] = {}
    refusal: Any


class Operation(Strict):
    """One operation: the request it answers, the records it is about, its rules in order."""

    request: Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")]
    summary: str
    when: FactTest | None = None
    finds: dict[str, str | Find] = {}
    rules: tuple[str | Rule, ...]
    accept: Accept

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path template, with `{name}` steps."""
        return self.request.partition(" ")[2]

    @property
    def subjects(self) -> dict[str, tuple[str, str]]:
        """Each subject's kind of record, and the fact that holds its id."""
        return {
            name: (find.kind, find.by) if isinstance(find, Find) else (name, find) for name, find in self.finds.items()
        }

    @property
    def checks(self) -> tuple[Rule, ...]:
        """The rules, none of them by name only (a loaded policy has replaced the names)."""
        return tuple(rule for rule in self.rules if not isinstance(rule, str))


class Policy(Strict):
    """One edition of a provider."""

    provider: Name
    source: str
    shape: Shape
    unknown_path: Denial
    rules: dict[Name, Rule] = {}
    operations: dict[Name, Operation]

    @model_validator(mode="after")
    def _has_operations(self) -> Self:
        if not self.operations:
            raise ValueError("a policy has at least one operation")
        return self


def load_policies(folder: Path = POLICIES) -> dict[str, Policy]:
    """Every policy below a folder by its provider's name. Raises `DocumentError`."""
    policies = {path.stem: load_policy(path) for path in sorted(folder.glob("*.yaml"))}
    if not policies:
        raise DocumentError(f"{folder}: no policy here; expected one <provider>.yaml for each edition")
    return policies


def load_policy(path: Path) -> Policy:
    """One policy, its named rules put in place, every fact it asks for known. Raises `DocumentError`."""
    document = Document.read(path)
    policy = document.parse(Policy)
    if policy.provider != path.stem:
        raise document.error(("provider",), f"provider {policy.provider!r} is not the file's name, {path.stem!r}")
    shared = {name: rule.model_copy(update={"id": name}) for name, rule in policy.rules.items()}
    used: set[str] = set()
    operations = {}
    for name, operation in policy.operations.items():
        rules: list[Rule] = []
        for at, rule in enumerate(operation.rules):
            place: Location = ("operations", name, "rules", at)
            if isinstance(rule, str):
                if rule not in shared:
                    raise document.error(place, f"no rule {rule!r}{suggest(rule, list(shared))}")
                used.add(rule)
                rule = shared[rule]
                place = ("rules", rule.id)
            elif not rule.id:
                raise document.error(place, "a rule written in place has an id")
            _check_facts(document, place, operation, rule)
            rules.append(rule)
        if len({rule.id for rule in rules}) < len(rules):
            raise document.error(("operations", name, "rules"), "a rule stands twice")
        operations[name] = operation.model_copy(update={"rules": tuple(rules)})
    for name in shared:
        if name not in used:
            raise document.error(("rules", name), f"no operation uses rule {name!r}")
    return policy.model_copy(update={"operations": operations})


def _check_facts(document: Document, place: Location, operation: Operation, rule: Rule) -> None:
    subjects = operation.subjects
    for name, (kind, _) in subjects.items():
        if kind not in RECORDS:
            raise document.error((*place[:2], "finds", name), f"no record {kind!r}{suggest(kind, list(RECORDS))}")
    tests: list[FactTest] = [test for test in (rule.when, operation.when) if test]
    if isinstance(rule, Condition):
        tests.append(rule)
    for fact in {*rule.candidates(), *(test.fact for test in tests)}:
        _values(document, place, fact, subjects)
    for test in tests:
        values = _values(document, place, test.fact, subjects)
        for value in test.any_of or test.none_of or ():
            if values is not None and value not in values:
                valid = [str(each) for each in values]
                raise document.error(place, f"{test.fact} is never {value!r}{suggest(str(value), valid)}")
    if isinstance(rule, KnownFields) and len(set(rule.fields)) < len(rule.fields):
        raise document.error(place, "a field stands twice")


def _values(
    document: Document, place: Location, fact: str, subjects: Mapping[str, tuple[str, str]]
) -> tuple[Any, ...] | None:
    try:
        return known_values(fact, subjects)
    except KeyError:
        valid = [*known_names(subjects), *(f"{part}.…" for part in PARTS)]
        raise document.error(place, f"no fact {fact!r}{suggest(fact, valid)}") from None
