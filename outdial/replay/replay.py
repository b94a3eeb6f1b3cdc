"""Replays one interaction against the stub without HTTP, and keeps the decision behind the answer.

Pact's verifier judges; this is its shortcut for what needs thousands of answers, or the rule that refused.
A test holds the two together.
"""

from dataclasses import dataclass, field

from outdial.documents import suggest
from outdial.pact_files import Interaction
from outdial.provider import Answer, Application, Call, Decision
from outdial.replay.request import NotReplayable, request_of
from outdial.replay.response import mismatches
from provider_states import BadState, ProviderStates


@dataclass(frozen=True, slots=True)
class Replay:
    """Result of one interaction; `problems` is empty if the answer is as expected.

    `status` is None when a provider state could not be set up, `decision` when no operation was reached.
    """

    status: int | None
    problems: tuple[str, ...]
    decision: Decision | None = field(repr=False)

    @property
    def passed(self) -> bool:
        """Return whether the provider answered as the consumer expects."""
        return not self.problems


def replay(
    interaction: Interaction, application: Application, states: ProviderStates, provider: str | None = None
) -> Replay:
    """One interaction, played against its own provider or against `provider`, another edition of its API.

    `states` arranges in the world of `application`. Raises `NotReplayable`.
    """
    try:
        call = arrange(interaction, states, provider)
    except BadState as problem:
        return Replay(None, (str(problem),), None)
    return judged(interaction, application.answer(call))


def arrange(interaction: Interaction, states: ProviderStates, provider: str | None = None) -> Call:
    """Set up what is given and make the request. Raises `BadState`, `NotReplayable`."""
    values: dict[str, str] = {}
    for state in interaction.states:
        values |= states.set_up(state.name, state.params)
    return request_of(interaction, provider or interaction.provider, values)


def judged(interaction: Interaction, answer: Answer) -> Replay:
    """Compare an answer with an interaction."""
    return Replay(answer.status, tuple(mismatches(interaction, answer)), answer.decision)


@dataclass(frozen=True, slots=True)
class OtherReason:
    """A row that is refused by another rule than it says, or that reaches none; `rules` are those it could name."""

    case_id: str
    because: str
    refused_by: str | None
    rules: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        known = not self.rules or self.because in self.rules
        unknown = "" if known else f" (no rule there{suggest(self.because, list(self.rules))})"
        return (
            f"{self.case_id}: says `because: {self.because}`{unknown}, and is refused by {self.refused_by or 'no rule'}"
        )


def refused_for_another_reason(
    interaction: Interaction, application: Application, states: ProviderStates
) -> OtherReason | None:
    """Return the reason if another rule than the named one refuses a row, at its own provider; else None.

    A row may be green by accident: two rules with one answer cannot be told apart over HTTP.
    """
    because = interaction.because
    if because is None:
        return None
    try:
        decision = replay(interaction, application, states).decision
    except NotReplayable as problem:
        return OtherReason(interaction.case_id, because, f"a rule that cannot be known here: {problem}")
    rule = decision.refused_by.id if decision and decision.refused_by else None
    rules = tuple(each.id for each in decision.rules) if decision else ()
    return None if rule == because else OtherReason(interaction.case_id, because, rule, rules)
