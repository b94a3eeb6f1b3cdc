"""The strength of the pacts of one edition: every mutant judged, and what the judgement says of rows and rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import Any, ClassVar, Literal

from outdial.pact_files import Interaction
from outdial.provider import Policy
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase
from outdial.reasoning.endpoint import first_failing
from outdial.reasoning.naming import RealValues
from outdial.reasoning.search import Conflict, Undecided
from outdial.reasoning.space import Space
from outdial.strength.coverage import Alike, GrantShown, alike, grants_shown
from outdial.strength.difference import difference
from outdial.strength.judge import ArrangedRow, Noticed, arranged, failing, judge
from outdial.strength.mutants import Mutant
from outdial.strength.outline import Outline
from outdial.strength.pasting import Pasted, as_few_rows
from outdial.strength.tables import Tables
from outdial.strength.writing import as_yaml, there

Fate = Literal["killed", "survived", "equivalent", "undecided"]
LATER = "no request by itself: only a later one tells what was made or changed"


class RowsFail(Exception):
    """Rows that the unchanged stub does not honour; strength is measured on green pacts."""

    exit_code: ClassVar = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """One mutant: of a survivor `row` is the missing row and `table` where it belongs, `<edition>/<operation>`;
    `reason` says why an equivalent one is that, or why no row is shown."""

    mutant: Mutant
    fate: Fate
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
    grants: tuple[GrantShown, ...] = field(repr=False)
    alike: tuple[Alike, ...] = field(repr=False)
    seconds: float = field(compare=False)

    @cached_property
    def counts(self) -> Counter[Fate]:
        """How many mutants met each fate."""
        return Counter(each.fate for each in self.judged)

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
    def enough(self) -> frozenset[str]:
        """Rows that notice all that is noticed: the necessary ones, then always the one that notices most of it."""
        found = set(self.necessary)
        left = [each.by for each in self.judged if each.by and not found & set(each.by)]
        while left:
            found.add(Counter(row for by in left for row in by).most_common(1)[0][0])
            left = [by for by in left if not found & set(by)]
        return frozenset(found)

    @cached_property
    def idle(self) -> tuple[str, ...]:
        """Rows without which the score would be the same."""
        return tuple(row for row in self.rows if row not in self.necessary)


def measure(
    policy: Policy,
    interactions: Sequence[Interaction],
    tables: Tables,
    mutants: Iterable[Mutant],
    on_mutant: Callable[[], Any] = lambda: None,
) -> Strength:
    """Measure the pacts of one edition by some of its mutants.

    Raises `RowsFail` when its rows are not green to begin with.
    """
    started = perf_counter()
    rows = arranged(interactions, policy)
    problems = [f"{row.case_id}: {'; '.join(row.original.problems)}" for row in failing(rows)]
    if problems:
        raise RowsFail("these rows fail on the unchanged stub (see make verify):\n" + "\n".join(problems))
    measuring = Measuring(policy, rows, tables)
    judged = []
    for mutant in mutants:
        judged.append(measuring.fate_of(judge(mutant, rows)))
        on_mutant()
    names = {each.mutant.operation for each in judged}
    return Strength(
        policy.provider,
        sum(len(operation.rules) for name, operation in policy.operations.items() if name in names),
        tuple(row.case_id for row in rows),
        tuple(measuring.with_rows_tried(judged)),
        tuple(each for each in grants_shown(rows, measuring.heads) if each.operation in names),
        tuple(each for each in alike(policy) if each.operation in names),
        perf_counter() - started,
    )


class Measuring:
    """The rows of one edition, and what its mutants come to when they are played against them."""

    def __init__(self, policy: Policy, rows: Sequence[ArrangedRow], tables: Tables) -> None:
        self._policy = policy
        self._rows = rows
        self._tables = tables
        self.heads = heads(rows, tables)

    def fate_of(self, noticed: Noticed) -> Judged:
        """Killed by its rows; or, by none: a survivor with the missing row, or equivalent with the reason."""
        mutant = noticed.mutant
        if noticed.by:
            return Judged(mutant, "killed", noticed.by, noticed.by_status)
        if mutant.operator == "effect":
            return Judged(mutant, "equivalent", reason=LATER)
        asking = next((row for row in self._rows if _asks_for(row, mutant)), None)
        if mutant.value is not None and asking is None:
            place = ".".join(map(str, mutant.value))
            return Judged(mutant, "equivalent", reason=f"no consumer asks an answer of {mutant.operation} for {place}")
        head = self.heads.get(mutant.operation or "") or next(iter(self.heads.values()))
        operation = self._policy.operations[head.decision.operation]
        usual = RealValues(head.facts, operation)
        try:
            found = difference(mutant, self._policy, usual)
        except Undecided:
            return Judged(mutant, "undecided", reason="the search was given up; no request is known yet")
        if isinstance(found, Conflict):
            return Judged(mutant, "equivalent", reason=found.reason)
        rule, other = (
            _refusing(each.operations[operation.name], found, usual) for each in (self._policy, mutant.policy)
        )
        expected = self._tables.expected(self._policy, rule)
        if rule is None and asking is not None:
            expected = self._tables.asking_for(asking.interaction, mutant.value or ())
        if rule and other and self._tables.expected(self._policy, other).refusal == expected.refusal:
            expected = self._tables.unlike(expected, self._policy, other.deny, mutant.policy)
        row = Outline(found, usual, self._tables, head.case_id).row(mutant.fault.partition("/")[2], expected)
        return Judged(mutant, "survived", row=as_yaml(row), table=head.case_id.rpartition("/")[0])

    def with_rows_tried(self, judged: Sequence[Judged]) -> list[Judged]:
        """The same, with as few rows as notice the survivors, and none that could not be pasted."""
        outlined = {
            at: Pasted(each.table, each.row, (each.mutant,))
            for at, each in enumerate(judged)
            if each.fate == "survived"
        }
        rows, failed = as_few_rows(outlined, self._policy, self._tables)
        return [
            replace(each, row=rows.get(at, ""), reason=failed.get(at, "")) if at in outlined else each
            for at, each in enumerate(judged)
        ]


def _asks_for(row: ArrangedRow, mutant: Mutant) -> bool:
    """Whether a row expects something where the mutant has a wrong value."""
    body = row.interaction.response.body
    answers = row.decision.accepted and row.decision.operation == mutant.operation
    if body is None or mutant.value is None or not (answers or mutant.operation is None):
        return False
    return there(body.content, mutant.value)


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


def heads(rows: Sequence[ArrangedRow], tables: Tables) -> dict[str, ArrangedRow]:
    """For each operation, the row that is the head of its table: the smallest caller that is accepted.

    An operation that accepts nobody has the first row that reaches it.
    """
    found: dict[str, ArrangedRow] = {}
    for row in sorted(rows, key=lambda row: (not row.decision.accepted, tables.position(row.case_id))):
        found.setdefault(row.decision.operation, row)
    return found
