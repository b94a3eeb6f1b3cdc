"""What the scenario tables call things: the refusal of a rule, how a field is filled, which rows come first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from outdial.documents import Document
from outdial.documents.template import names_in
from outdial.pact_files import Interaction
from outdial.provider import Policy
from outdial.provider.denial import Denial
from outdial.provider.rule import RuleBase
from outdial.reasoning.endpoint import NEW_EACH_TIME, seen_denial
from outdial.strength.mutants import Steps
from outdial.tables import STATES, TABLES, Scenario, load_suite
from outdial.tables.edition_files import EditionFiles
from outdial.tables.rows import Edition
from outdial.tables.suite import read_table


@dataclass(frozen=True, slots=True)
class Expected:
    """What the row expects: the name of a refusal and the rule, or nothing for an accepted row.

    `headers` and `body` are what the row must say besides, so that an answer of the same name does not do.
    """

    refusal: str | None
    rule: RuleBase | None
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short(self) -> Any:
        """The expectation as a row states it."""
        more = {"headers": dict(self.headers), "body": dict(self.body)}
        said = {name: value for name, value in more.items() if value}
        return {"refusal": self.refusal, **said} if said else self.refusal


class Tables:
    """The scenario tables of a `folder`, asked by those who write rows."""

    def __init__(self, tables: Path = TABLES) -> None:
        self._scenarios: dict[str, Scenario] = {each.case_id: each for each in load_suite(tables)}
        self.folder = tables
        self._documents: dict[str, tuple[Edition, str, Document]] = {}
        self._positions = {case_id: at for at, case_id in enumerate(self._scenarios)}

    def position(self, case_id: str) -> int:
        """Where a row stands among all; rows that stand in no table come last."""
        return self._positions.get(case_id, len(self._positions))

    def given(self, case_id: str) -> Mapping[str, Any]:
        """The provider states of a row."""
        scenario = self._scenarios.get(case_id)
        return scenario.given if scenario else {}

    def change(self, case_id: str) -> dict[str, Any]:
        """What a row itself changes of its table's states and request."""
        scenario = self._scenarios.get(case_id)
        if scenario is None or scenario.location[:1] != ("scenarios",):
            return {}
        row = scenario.document.data["scenarios"][scenario.location[1]]
        return {part: row[part] for part in ("given", "request") if row.get(part)}

    def header(self, case_id: str, name: str) -> str:
        """A header as the row spells it."""
        scenario = self._scenarios.get(case_id)
        spelt = [each for each in (scenario.request.headers if scenario else ()) if each.lower() == name]
        return spelt[0] if spelt else name.title()

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

    def pasted(self, table: str, row: str) -> list[Scenario]:
        """The rows of a table, `<edition>/<operation>`, with one more. Raises `DocumentError`.

        Its pairs and repetitions are left out: they are of the rows that it has, and stay as they are.
        """
        head, account, document = self._read(table)
        rows = [*Document.of(row.encode(), document.path).data, *document.data["scenarios"]]
        rest = {name: value for name, value in document.data.items() if name not in ("also", "order")}
        longer = replace(document, data={**rest, "scenarios": rows})
        return read_table(head, table.partition("/")[2], longer, account)

    def _read(self, table: str) -> tuple[Edition, str, Document]:
        """An edition's head, the account that it is of, and one of its tables; read once."""
        if table not in self._documents:
            provider, _, operation = table.partition("/")
            files = EditionFiles.read(self.folder / provider)
            self._documents[table] = files.head.parse(Edition), files.account, files.tables[operation]()
        return self._documents[table]

    def unlike(self, expected: Expected, policy: Policy, other: Denial, mutated: Policy) -> Expected:
        """The expectation, with what tells its answer from another one that goes by the same name."""
        assert expected.rule is not None
        (_, *own), (_, *others) = (seen_denial(policy, expected.rule.deny), seen_denial(mutated, other))
        headers, instead = (dict(each[0]) for each in (own, others))
        differing = {name: _stated(value) for name, value in headers.items() if instead.get(name) != value}
        body, instead = (json.loads(each[1]) for each in (own, others))
        said = {name: _stated(value) for name, value in body.items() if instead.get(name, ...) != value}
        plain = {name: value for name, value in said.items() if not isinstance(body[name], dict | list)}
        return replace(expected, headers=differing, body=plain or said)

    def asking_for(self, interaction: Interaction, place: Steps) -> Expected:
        """An accepted answer with more than nothing at a place of its body."""
        content = interaction.response.body.content if interaction.response.body else {}
        value = content
        for step in place:
            value = value[step]
        pattern = r"[1-9]\d*" if isinstance(value, int) else r"[\s\S]+"
        stated: Any = {"like": value, "matches": pattern}
        for step in reversed(place):
            stated = {step: stated} if isinstance(step, str) else [stated]
        return Expected("accepted", None, body=stated)

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


def _stated(value: Any) -> Any:
    """A value of an answer as a table expects it: an id that is new each time by its form."""
    if value == NEW_EACH_TIME:
        return {"matches": "^[0-9a-f-]{36}$", "example": "00000000-0000-4000-8000-000000000000"}
    return value
