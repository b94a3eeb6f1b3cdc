"""Plays the pacts against faulty policies: which rows notice which fault.

A row's facts do not depend on the policy, so each row is arranged once and its facts are looked up once. Every
answer that can be another one is still made by the stub itself and compared by the pact's matching rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from outdial.pact_files import Interaction
from outdial.provider import Application, Call, Decision, Policy, World
from outdial.provider.policy import Operation
from outdial.provider.request_facts import RequestFacts
from outdial.reasoning.endpoint import first_failing
from outdial.replay.replay import Replay, arrange, judged
from outdial.strength.difference import stretches
from outdial.strength.mutants import Mutant
from provider_states import ProviderStates, StubProvider

Finds = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class ArrangedRow:
    """One interaction with everything that is given set up, ready to be sent to any policy of its edition."""

    interaction: Interaction
    policy: Policy = field(repr=False)
    call: Call = field(repr=False)
    world: World = field(repr=False)
    known: dict[Any, RequestFacts] = field(default_factory=dict, repr=False)

    @property
    def case_id(self) -> str:
        """The interaction's case id."""
        return self.interaction.case_id

    @cached_property
    def original(self) -> Replay:
        """What the unchanged policy answers."""
        return self.played(self.policy)

    @property
    def decision(self) -> Decision:
        """The decision of the unchanged policy."""
        found = self.original.decision
        if found is None:
            raise LookupError(f"{self.case_id} reaches no operation of {self.policy.provider}")
        return found

    @cached_property
    def refused_at(self) -> int:
        """Where the rule that refuses stands; behind all rules where none does."""
        rules, refused_by = self.decision.rules, self.decision.refused_by
        return next((at for at, rule in enumerate(rules) if rule is refused_by), len(rules))

    @property
    def facts(self) -> RequestFacts:
        """The facts of the operation that this row reaches."""
        return self.facts_for(self.policy.operations[self.decision.operation])

    def facts_for(self, operation: Operation) -> RequestFacts:
        """The facts of the row as an operation finds its subjects."""
        return self.known[_key(operation.subjects)]

    def played(self, policy: Policy) -> Replay:
        """The row against another policy. It leaves nothing behind: what an answer makes goes to a world of its own."""
        application = Application({self.interaction.provider: policy}, World(limit=1), self._read)
        return judged(self.interaction, application.answer(self.call))

    def _read(self, call: Call, path: Mapping[str, str], finds: Finds, _: World) -> RequestFacts:
        key = _key(finds)
        if key not in self.known:
            self.known[key] = RequestFacts(call, path, finds, self.world)
        return self.known[key]


@dataclass(frozen=True, slots=True)
class Noticed:
    """A mutant, the rows that fail on it, and those that would fail if only statuses were compared."""

    mutant: Mutant
    by: tuple[str, ...]
    by_status: tuple[str, ...]


def arranged(interactions: Sequence[Interaction], policy: Policy) -> list[ArrangedRow]:
    """The rows of one edition, each in a world of its own. Raises `BadState`, `NotReplayable`."""
    rows = []
    for interaction in interactions:
        world = World()
        call = arrange(interaction, ProviderStates(StubProvider(world)))
        rows.append(ArrangedRow(interaction, policy, call, world))
    return rows


def judge(mutant: Mutant, rows: Sequence[ArrangedRow]) -> Noticed:
    """Which of the rows notice a mutant; they all pass on the original."""
    failed = [(row, row.played(mutant.policy)) for row in _answered_anew(mutant, rows)]
    noticing = [(row, played) for row, played in failed if not played.passed]
    by_status = tuple(row.case_id for row, played in noticing if _status_differs(played))
    return Noticed(mutant, tuple(row.case_id for row, _ in noticing), by_status)


def _answered_anew(mutant: Mutant, rows: Sequence[ArrangedRow]) -> Iterable[ArrangedRow]:
    """The rows, of one policy, but for those answered as before: of another operation, or with the very same denial."""
    if mutant.operation is None or not rows:
        return rows
    before, after = (policy.operations[mutant.operation] for policy in (rows[0].policy, mutant.policy))
    if before.when != after.when:
        return rows
    ahead, old, new, behind = stretches(before.rules, after.rules)

    def differs(row: ArrangedRow) -> bool:
        if row.refused_at < len(ahead):
            return False
        refused_by = first_failing(new, row.facts)
        goes_on = row.refused_at >= len(ahead) + len(old)
        if refused_by is None and goes_on:
            return row.decision.accepted and after.accept is not before.accept
        refused_by = refused_by or first_failing(behind, row.facts)
        return (refused_by.deny if refused_by else None) is not row.decision.denial

    return (row for row in rows if row.decision.operation == mutant.operation and differs(row))


def _status_differs(played: Replay) -> bool:
    return any(problem.startswith("expected status") for problem in played.problems)


def _key(finds: Finds) -> tuple[Any, ...]:
    return tuple(sorted(finds.items()))


def failing(rows: Sequence[ArrangedRow]) -> Iterator[ArrangedRow]:
    """Rows that the unchanged policy does not honour; nothing can be measured with them."""
    return (row for row in rows if not row.original.passed)
