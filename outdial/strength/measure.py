"""Play the rows and the policy tests of one edition against each of its faults."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import ClassVar

from outdial.pact_files import Interaction
from outdial.provider import Application, Call, Policy, World
from outdial.replay.replay import Replay, arrange, judged
from outdial.strength.faults import OUTSIDE, Fault, faults_of
from outdial.strength.policy_tests import PolicyTest, failing
from provider_states import ProviderStates


class RowsFail(Exception):
    """Raised when rows or policy tests fail on the unchanged policy: only green ones can notice a fault."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True)
class Row:
    """One interaction with its states set up, ready to be sent to any policy of its edition."""

    interaction: Interaction
    call: Call = field(repr=False)
    world: World = field(repr=False)

    @classmethod
    def of(cls, interaction: Interaction) -> "Row":
        """Set up the states of a row in a world of its own. Raises `BadState`, `NotReplayable`."""
        world = World()
        return cls(interaction, arrange(interaction, ProviderStates(world)), world)

    def played(self, policy: Policy) -> Replay:
        """Answer the row by a policy in a copy of its world."""
        application = Application({self.interaction.provider: policy}, deepcopy(self.world))
        return judged(self.interaction, application.answer(self.call))


@dataclass(frozen=True, slots=True)
class Judged:
    """One fault: the rows that notice it, and whether a policy test does."""

    fault: Fault
    rows: tuple[str, ...]
    by_policy_test: bool

    @property
    def noticed(self) -> bool:
        """Return whether anything notices the fault."""
        return bool(self.rows) or self.by_policy_test

    @property
    def outside(self) -> str:
        """Return the reason for an unnoticed fault."""
        return OUTSIDE.get(self.fault.kind, "no row of this edition reaches it")


@dataclass(frozen=True, slots=True)
class Strength:
    """Noticed faults of one edition."""

    provider: str
    rows: int
    policy_tests: int
    judged: tuple[Judged, ...] = field(repr=False)


def measure(policy: Policy, interactions: Sequence[Interaction], tests: Sequence[PolicyTest]) -> Strength:
    """Judge every fault of an edition. Raises `RowsFail` when a row or a policy test is not green to begin with."""
    rows = [Row.of(each) for each in interactions]
    played = {row.interaction.case_id: row.played(policy) for row in rows}
    red = [f"{case_id}: {'; '.join(each.problems)}" for case_id, each in played.items() if not each.passed]
    red += [
        f"policy test of {each.operation}, {each.rule}: got {each.outcome(policy)}" for each in failing(policy, tests)
    ]
    if red:
        raise RowsFail("\n".join(["these fail on the unchanged policy:", *red]))
    found = []
    for fault in faults_of(policy):
        near = [row for row in rows if _operation(played[row.interaction.case_id]) == fault.operation]
        noticing = tuple(row.interaction.case_id for row in near if not row.played(fault.policy).passed)
        own = [test for test in tests if test.operation == fault.operation]
        found.append(Judged(fault, noticing, bool(failing(fault.policy, own))))
    return Strength(policy.provider, len(rows), len(tests), tuple(found))


def _operation(replay: Replay) -> str | None:
    return replay.decision.operation if replay.decision else None
