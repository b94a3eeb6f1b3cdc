"""Find the rule of the stub that refuses a row, by replay: HTTP does not tell it."""

from collections.abc import Mapping

from outdial.documents import suggest
from outdial.pact_files import Interaction
from outdial.provider import Application, Policy, World
from outdial.replay.replay import replay
from outdial.replay.request import NotReplayable
from provider_states import ProviderStates


class Reasons:
    """The reasons of a stub of these policies."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._application = Application(policies, World())
        self._states = ProviderStates(self._application.world)

    def problem(self, interaction: Interaction) -> str | None:
        """Return the problem of a row's `because`: two rules with one answer look alike over HTTP."""
        because = interaction.because
        if because is None:
            return None
        try:
            decision = replay(interaction, self._application, self._states).decision
        except NotReplayable as problem:
            return f"says `because: {because}`, and its rule cannot be known here: {problem}"
        rule = decision.refused_by.id if decision and decision.refused_by else None
        if rule == because:
            return None
        rules = [each.id for each in decision.rules] if decision else []
        unknown = f" (no rule there{suggest(because, rules)})" if rules and because not in rules else ""
        return f"says `because: {because}`{unknown}, and is refused by {rule or 'no rule'}"

    def refusal(self, interaction: Interaction) -> str:
        """Return the rule that refuses, with its facts; empty where replay does not tell."""
        try:
            decision = replay(interaction, self._application, self._states).decision
        except NotReplayable:
            return ""
        if decision is None or decision.refused_by is None:
            return f"no rule of {decision.operation}" if decision else ""
        (step,) = (step for step in decision.trace if step.rule == decision.refused_by.id)
        facts = ", ".join(f"{name}: {_flat(value)}" for name, value in step.facts.items())
        return f"{step.rule} ({facts})" if facts else step.rule


def _flat(value: object) -> str:
    many = isinstance(value, list | set | frozenset | tuple)
    return f"[{', '.join(sorted(map(str, value)))}]" if many else str(value)  # type: ignore[call-overload]
