"""The rows of the committed pacts, each arranged in a world of its own, with the decision of its edition's policy."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from outdial.pact_files import Interaction
from outdial.provider import Call, Decision, Policy, World
from outdial.strength.measure import Row
from tests.committed import interactions, policies

POLICIES = policies()


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
    def decision(self) -> Decision:
        """The decision behind the policy's answer."""
        decision = self.row.played(self.policy).decision
        assert decision is not None
        return decision

    @property
    def facts(self) -> Any:
        """The facts of the request."""
        return self.decision.facts


@cache
def arranged_rows(provider: str) -> tuple[ArrangedRow, ...]:
    """The rows of one edition."""
    return tuple(ArrangedRow(Row.of(each), POLICIES[provider]) for each in interactions() if each.provider == provider)
