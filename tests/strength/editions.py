"""The rows of the committed pacts, each arranged in a world of its own, with the decision of its edition's policy."""

from dataclasses import dataclass, field
from functools import cache, cached_property

from outdial.pact_files import PACTS, Interaction, read_interactions
from outdial.provider import Call, Decision, Policy, World
from outdial.provider.request_facts import RequestFacts
from outdial.replay.replay import Replay
from outdial.strength.measure import Row
from provider_states import load_policies

POLICIES = load_policies()


@dataclass(frozen=True)
class ArrangedRow:
    """One row with its states set up, and what its own policy decides."""

    row: Row
    policy: Policy = field(repr=False)

    @property
    def interaction(self) -> Interaction:
        """The row in its pact."""
        return self.row.interaction

    @property
    def case_id(self) -> str:
        """The row's case id."""
        return self.interaction.case_id

    @property
    def call(self) -> Call:
        """The request."""
        return self.row.call

    @property
    def world(self) -> World:
        """What the states made."""
        return self.row.world

    @cached_property
    def original(self) -> Replay:
        """What the policy answers."""
        return self.row.played(self.policy)

    @property
    def decision(self) -> Decision:
        """The decision behind the answer."""
        assert self.original.decision is not None
        return self.original.decision

    @property
    def facts(self) -> RequestFacts:
        """The facts of the request."""
        assert isinstance(self.decision.facts, RequestFacts)
        return self.decision.facts


@cache
def arranged_rows(provider: str) -> tuple[ArrangedRow, ...]:
    """The rows of one edition."""
    rows = [each for each in read_interactions([PACTS]) if each.provider == provider]
    return tuple(ArrangedRow(Row.of(each), POLICIES[provider]) for each in rows)
