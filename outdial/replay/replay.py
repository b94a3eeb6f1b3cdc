"""Replays one interaction against the stub without HTTP, and keeps the decision behind the answer.

Pact's verifier judges; this is its shortcut for what needs thousands of answers, or the rule that refused.
A test holds the two together.
"""

from dataclasses import dataclass, field

from outdial.pact_files import Interaction
from outdial.provider import Answer, Application, Call, Decision
from outdial.replay.request import request_of
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


def replay(interaction: Interaction, application: Application, states: ProviderStates) -> Replay:
    """Play one interaction; `states` arranges in the world of `application`. Raises `NotReplayable`."""
    try:
        call = arrange(interaction, states)
    except BadState as problem:
        return Replay(None, (str(problem),), None)
    return judged(interaction, application.answer(call))


def arrange(interaction: Interaction, states: ProviderStates) -> Call:
    """Set up what is given and make the request. Raises `BadState`, `NotReplayable`."""
    values: dict[str, str] = {}
    for state in interaction.states:
        values |= states.set_up(state.name, state.params)
    return request_of(interaction, interaction.provider, values)


def judged(interaction: Interaction, answer: Answer) -> Replay:
    """Compare an answer with an interaction."""
    return Replay(answer.status, tuple(mismatches(interaction, answer)), answer.decision)
