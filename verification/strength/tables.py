"""What the scenario tables call things: the refusal of a rule, how a field is filled, which rows come first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts import STATES, TABLES, Scenario, load_suite
from contracts.matching import names_in
from provider_stub import Policy
from provider_stub.kinds import RuleBase


@dataclass(frozen=True, slots=True)
class Expected:
    """What the row expects: the name of a refusal and the rule, or nothing for an accepted row."""

    refusal: str | None
    rule: RuleBase | None


class Tables:
    """The scenario tables, asked by those who write rows."""

    def __init__(self, tables: Path = TABLES) -> None:
        self._scenarios: dict[str, Scenario] = {each.case_id: each for each in load_suite(tables)}
        self._positions = {case_id: at for at, case_id in enumerate(self._scenarios)}

    def position(self, case_id: str) -> int:
        """Where a row stands among all; rows that stand in no table come last."""
        return self._positions.get(case_id, len(self._positions))

    def given(self, case_id: str) -> Mapping[str, Any]:
        """The provider states of a row."""
        scenario = self._scenarios.get(case_id)
        return scenario.given if scenario else {}

    def field(self, case_id: str, path: Sequence[str]) -> tuple[Any, dict[str, Any]] | None:
        """How another row of the same table fills a field of the body, and the states that its value needs."""
        table = case_id.rpartition("/")[0]
        for other in self._scenarios.values():
            value = other.request.body
            for step in path:
                value = value.get(step) if isinstance(value, Mapping) else None
            if value is not None and other.case_id.startswith(f"{table}/") and other.case_id != case_id:
                names = names_in(value)
                needed = {
                    state: dict(given) for state, given in other.given.items() if names & {*STATES[state].returns}
                }
                return value, needed
        return None

    def expected(self, policy: Policy, rule: RuleBase | None) -> Expected:
        """The refusal that a rule's denial is called in the edition's tables; its code where no row has it."""
        if rule is None:
            return Expected(None, None)
        own = [each for each in self._scenarios.values() if each.provider == policy.provider]
        for scenario in own:
            if scenario.because == rule.id and scenario.expected.status == rule.deny.status:
                return Expected(scenario.expected.refusal, rule)
        for scenario in own:
            body = scenario.expected.body
            named = rule.deny.code in body.values() if isinstance(body, Mapping) else False
            if named and scenario.expected.status == rule.deny.status:
                return Expected(scenario.expected.refusal, rule)
        return Expected(rule.deny.code, rule)
