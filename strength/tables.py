"""What the scenario tables call things: the refusal of a rule, how a field is filled, which rows come first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts import STATES, TABLES, Scenario, load_suite
from contracts.edition_files import EDITION_FILE, EditionFiles
from contracts.rows import Edition
from provider_stub import Policy
from provider_stub.denial import Denial
from provider_stub.rule import RuleBase
from yaml_documents.template import fill, names_in


@dataclass(frozen=True, slots=True)
class Expected:
    """What the row expects: the name of a refusal and the rule, or nothing for an accepted row.

    `fills` and `headers` are what the row must say besides, so that an answer of the same name does not do.
    """

    refusal: str | None
    rule: RuleBase | None
    fills: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short(self) -> Any:
        """The expectation as a row states it."""
        more = {"fills": dict(self.fills), "headers": dict(self.headers)}
        said = {name: value for name, value in more.items() if value}
        return {"refusal": self.refusal, **said} if said else self.refusal


class Tables:
    """The scenario tables, asked by those who write rows."""

    def __init__(self, tables: Path = TABLES) -> None:
        self._scenarios: dict[str, Scenario] = {each.case_id: each for each in load_suite(tables)}
        self._editions = tables
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

    def unlike(self, expected: Expected, policy: Policy, other: Denial, mutated: Policy) -> Expected:
        """The expectation, with what tells its answer from another one that goes by the same name."""
        if expected.rule is None or expected.refusal is None:
            return expected
        own = expected.rule.deny
        loose = self._loose_texts(policy.provider, expected.refusal)
        texts = [fill(denial.message, denial.texts()) for denial in (own, other)]
        fills = dict.fromkeys(loose, texts[0]) if texts[0] != texts[1] else {}
        headers, others = ({**each.shape.headers, **deny.headers} for each, deny in ((policy, own), (mutated, other)))
        differing = {name: _stated(value) for name, value in headers.items() if others.get(name) != value}
        return replace(expected, fills=fills, headers=differing)

    def _loose_texts(self, provider: str, refusal: str) -> list[str]:
        """The parts of a refusal that any text fills."""
        folder = self._editions / provider
        known = EditionFiles.read(folder).head.parse(Edition).refusals if (folder / EDITION_FILE).exists() else {}
        fills = known.get(refusal, {}).get("fills", {})
        return [name for name, value in fills.items() if isinstance(value, Mapping)]

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
        return Expected(str(rule.deny.code), rule)


def _stated(template: str) -> Any:
    """A header of a policy as a table expects it: an id that is new each time by its form."""
    if template == "${correlation_id}":
        return {"matches": "^[0-9a-f-]{36}$", "example": "00000000-0000-4000-8000-000000000000"}
    return template
