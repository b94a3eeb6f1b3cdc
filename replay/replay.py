"""Replays one interaction against the stub without HTTP, and keeps the decision behind the answer.

Pact's verifier judges; this is its shortcut for what needs thousands of answers, or the rule that refused.
A test holds the two together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pact_files.pact_file import Interaction
from provider_states import BadState, ProviderStates
from provider_stub import Answer, Application, Call, Decision
from replay.request import request_of
from replay.response import mismatches


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of one interaction; `problems` is empty when the answer is as the consumer expects.

    `status` is None when a provider state could not be set up, `decision` when no operation was reached.
    """

    status: int | None
    problems: tuple[str, ...]
    decision: Decision | None = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the provider answered as the consumer expects."""
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
    for state in interaction.content.get("providerStates", []):
        values |= states.set_up(state["name"], state.get("params"))
    return request_of(interaction, provider or interaction.provider, values)


def judged(interaction: Interaction, answer: Answer) -> Replay:
    """What an answer is worth to the consumer of an interaction."""
    return Replay(answer.status, tuple(mismatches(interaction, answer)), answer.decision)


@dataclass(frozen=True, slots=True)
class OtherReason:
    """A row that is refused by another rule than it says, or that reaches none."""

    case_id: str
    because: str
    refused_by: str | None

    def __str__(self) -> str:
        return f"{self.case_id}: says `because: {self.because}`, and is refused by {self.refused_by or 'no rule'}"


def refused_for_another_reason(
    interactions: Iterable[Interaction], application: Application, states: ProviderStates
) -> Iterator[OtherReason]:
    """Each refused row whose answer does not come from the rule that it names, at its own provider.

    A row may be green by accident: two rules with one answer cannot be told apart over HTTP.
    """
    for interaction in interactions:
        if interaction.because is None:
            continue
        decision = replay(interaction, application, states).decision
        rule = decision.refused_by.id if decision and decision.refused_by else None
        if rule != interaction.because:
            yield OtherReason(interaction.case_id, interaction.because, rule)
