"""The matrix: for every pact and every edition of its API, which rows hold, and what answered those that do not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from outdial.pact_files import Interaction
from outdial.provider import Application, Decision, Policy, World
from outdial.replay.replay import Replay, replay
from outdial.reports.editions import api_of, editions_of
from provider_states import ProviderStates, StubProvider

ACCEPTED = "accepted"
NO_OPERATION = "no such operation"
NO_STATE = "no such state"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row against one edition.

    `answered_by` is the rule that refused, or `accepted`, `no such operation`, `no such state`. `got` is the
    answer in short, and `problems` is empty when it is the one that the consumer expects. `operation` is the one
    that the edition decided about, None when the request reached none; `in_the_way` holds every rule of it that
    the request does not pass, with the answer that each would give, and whether that is assumed. `basis` is the row's.
    """

    case_id: str
    operation: str | None
    wants_acceptance: bool
    basis: str
    expected: str
    got: str
    answered_by: str
    in_the_way: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Return whether the edition answers as the consumer expects."""
        return not self.problems

    @property
    def row(self) -> str:
        """The row's name in its table."""
        return self.case_id.rpartition("/")[2]

    @property
    def operation_and_row(self) -> str:
        """The row's name in its edition."""
        return self.case_id.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Cell:
    """One pact against one edition; without outcomes, that edition does not exist (yet)."""

    consumer: str
    home: str
    edition: str
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> list[Outcome]:
        """The rows that do not hold: those that should be accepted first, and of these those that reached a rule."""
        failed = [outcome for outcome in self.outcomes if not outcome.holds]
        return sorted(failed, key=lambda outcome: (not outcome.wants_acceptance, outcome.operation is None))

    @property
    def holds(self) -> bool:
        """Return whether there are rows and all of them hold."""
        return bool(self.outcomes) and not self.failures

    @property
    def at_home(self) -> bool:
        """Return whether the edition is the one that the pact was written for."""
        return self.home == self.edition


def settle(interactions: Iterable[Interaction], policies: Mapping[str, Policy]) -> list[Cell]:
    """The whole matrix, played in process. Raises `NotReplayable`."""
    application = Application(policies, World())
    states = ProviderStates(StubProvider(application.world))
    pacts: dict[tuple[str, str], list[Interaction]] = {}
    for interaction in interactions:
        pacts.setdefault((interaction.consumer, interaction.provider), []).append(interaction)
    return [
        Cell(consumer, home, edition, tuple(play(each, application, states) for each in addressed(rows, edition)))
        if edition in policies
        else Cell(consumer, home, edition, ())
        for (consumer, home), rows in pacts.items()
        for edition in editions_of(api_of(home), policies)
    ]


def addressed(rows: Iterable[Interaction], edition: str) -> list[Interaction]:
    """The rows of a pact, sent to another edition than their own."""
    return [replace(row, provider=edition) for row in rows]


def play(row: Interaction, application: Application, states: ProviderStates) -> Outcome:
    """One row against the provider that it is addressed to, in process. Raises `NotReplayable`."""
    replayed = replay(row, application, states)
    return Outcome(
        case_id=row.case_id,
        operation=replayed.decision.operation if replayed.decision else None,
        wants_acceptance=row.because is None,
        basis=row.basis,
        expected=row.expected,
        got=_got(replayed),
        answered_by=_answered_by(replayed),
        in_the_way=_in_the_way(replayed.decision) if replayed.decision else {},
        problems=replayed.problems,
    )


def _answered_by(replayed: Replay) -> str:
    if replayed.status is None:
        return NO_STATE
    if replayed.decision is None:
        return NO_OPERATION
    return replayed.decision.refused_by.id if replayed.decision.refused_by else ACCEPTED


def _in_the_way(decision: Decision) -> dict[str, str]:
    failed = {step.rule for step in decision.trace if step.outcome == "failed"}
    marks = {"assumed": ", assumed"}
    return {
        rule.id: f"{rule.deny.status} {rule.deny.code}{marks.get(rule.basis, '')}"
        for rule in decision.rules
        if rule.id in failed
    }


def _got(replayed: Replay) -> str:
    denial = replayed.decision.denial if replayed.decision else None
    return f"{replayed.status} {denial.code}" if denial else str(replayed.status or "no answer")
