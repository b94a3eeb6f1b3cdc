"""The strength of the pacts of one edition: every mutant judged, and what the judgement says of rows and rules."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import Any, ClassVar, Literal

from pact_files import Interaction
from provider_stub import Policy
from provider_stub.policy import Operation
from provider_stub.rule import RuleBase
from reasoning.endpoint import first_failing
from reasoning.naming import RealValues
from reasoning.search import Conflict, Undecided
from reasoning.space import Space
from strength.coverage import Alike, GrantShown, RuleShown, alike, grants_shown, rules_shown
from strength.difference import difference
from strength.judge import Noticed, Row, arranged, failing, judge
from strength.mutants import Mutant, mutants_of
from strength.outline import Outline
from strength.tables import Tables
from strength.writing import as_yaml

Verdict = Literal["killed", "survived", "equivalent", "undecided"]


class RowsFail(Exception):
    """Rows that the unchanged stub does not honour; strength is measured on green pacts."""

    exit_code: ClassVar = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """One mutant: of a survivor `row` is the missing row and `table` where it belongs, `<edition>/<operation>`;
    `reason` says why an equivalent one is that."""

    mutant: Mutant
    verdict: Verdict
    by: tuple[str, ...] = ()
    by_status: tuple[str, ...] = ()
    reason: str = ""
    row: str = ""
    table: str = ""


@dataclass(frozen=True)
class Strength:
    """What the pacts of one edition are worth."""

    provider: str
    rules: int
    rows: tuple[str, ...]
    judged: tuple[Judged, ...] = field(repr=False)
    shown: tuple[RuleShown, ...] = field(repr=False)
    grants: tuple[GrantShown, ...] = field(repr=False)
    alike: tuple[Alike, ...] = field(repr=False)
    seconds: float = field(compare=False)

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many mutants got each verdict."""
        return Counter(each.verdict for each in self.judged)

    @property
    def killable(self) -> int:
        """Mutants that some request can tell from the original; what is undecided counts as such."""
        return len(self.judged) - self.counts["equivalent"]

    @property
    def killed(self) -> int:
        """Mutants that a row notices."""
        return self.counts["killed"]

    @property
    def killed_by_status(self) -> int:
        """Mutants that a row would notice if statuses alone were compared."""
        return sum(bool(each.by_status) for each in self.judged)

    @property
    def complete(self) -> bool:
        """Whether every killable mutant is killed."""
        return self.killed == self.killable

    @cached_property
    def necessary(self) -> Mapping[str, tuple[str, ...]]:
        """Rows that alone notice some mutants, with those mutants."""
        found: dict[str, list[str]] = {}
        for each in self.judged:
            if len(each.by) == 1:
                found.setdefault(each.by[0], []).append(each.mutant.name)
        return {row: tuple(names) for row, names in found.items()}

    @cached_property
    def idle(self) -> tuple[str, ...]:
        """Rows without which the score would be the same."""
        return tuple(row for row in self.rows if row not in self.necessary)


def measure(
    policy: Policy,
    interactions: Sequence[Interaction],
    tables: Tables,
    operation: str | None = None,
    on_mutant: Callable[[], Any] = lambda: None,
) -> Strength:
    """Measure the pacts of one edition, or of one of its operations.

    Raises `RowsFail` when its rows are not green to begin with.
    """
    started = perf_counter()
    rows = arranged(interactions, policy)
    problems = [f"{row.case_id}: {'; '.join(row.original.problems)}" for row in failing(rows)]
    if problems:
        raise RowsFail("these rows fail on the unchanged stub (see make verify):\n" + "\n".join(problems))
    baselines = baselines_of(rows, tables)
    judged = []
    for mutant in mutants_of(policy):
        if operation in (None, mutant.operation):
            judged.append(verdict_on(judge(mutant, rows), policy, baselines, tables))
        on_mutant()
    wanted = [name for name in policy.operations if operation in (None, name)]
    return Strength(
        policy.provider,
        sum(len(policy.operations[name].rules) for name in wanted),
        tuple(row.case_id for row in rows),
        tuple(judged),
        tuple(each for each in rules_shown(policy, rows, baselines) if each.operation in wanted),
        tuple(each for each in grants_shown(rows, baselines) if each.operation in wanted),
        tuple(each for each in alike(policy) if each.operation in wanted),
        perf_counter() - started,
    )


def verdict_on(noticed: Noticed, policy: Policy, baselines: Mapping[str, Row], tables: Tables) -> Judged:
    """Killed by its rows; or, by none: a survivor with the missing row, or equivalent with the reason."""
    mutant = noticed.mutant
    if noticed.by:
        return Judged(mutant, "killed", noticed.by, noticed.by_status)
    baseline = baselines.get(mutant.operation or "")
    if baseline is None:
        baseline = next(iter(baselines.values()))
    operation = policy.operations[baseline.decision.operation]
    usual = RealValues(baseline.facts, operation)
    try:
        found = difference(mutant, policy, usual)
    except Undecided:
        return Judged(mutant, "undecided", reason="the search was given up; no request is known yet")
    if isinstance(found, Conflict):
        return Judged(mutant, "equivalent", reason=found.reason)
    name = mutant.operation or baseline.decision.operation
    rule, other = (_refusing(each.operations[name], found, usual) for each in (policy, mutant.policy))
    expected = tables.expected(policy, rule)
    if other and tables.expected(policy, other).refusal == expected.refusal:
        expected = tables.unlike(expected, policy, other.deny, mutant.policy)
    row = Outline(found, usual, tables, baseline.case_id).row(mutant.fault.partition("/")[2], expected)
    return Judged(mutant, "survived", row=as_yaml(row), table=baseline.case_id.rpartition("/")[0])


def _refusing(operation: Operation, found: Mapping[str, Any], usual: RealValues) -> RuleBase | None:
    """The rule of an operation that refuses a found request."""
    facts = Space([operation], [], usual).view(operation, _Completed(found, usual))
    return first_failing(operation.rules, facts)


class _Completed:
    """Found facts, and those of the baseline where the search needed none."""

    def __init__(self, found: Mapping[str, Any], usual: RealValues) -> None:
        self._found = found
        self._usual = usual

    def __getitem__(self, name: str) -> Any:
        return self._found[name] if name in self._found else self._usual.get(name)


def baselines_of(rows: Sequence[Row], tables: Tables) -> dict[str, Row]:
    """For each operation, the row that is the head of its table: the smallest caller that is accepted.

    An operation that accepts nobody has the first row that reaches it.
    """
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (not row.decision.accepted, tables.position(row.case_id))):
        found.setdefault(row.decision.operation, row)
    return found
