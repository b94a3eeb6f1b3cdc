"""Tries rows as a person would: pasted into their tables, loaded with evidence, and played against their mutants."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import yaml

from outdial.documents import DocumentError
from outdial.pact_files import Interaction, read_interactions
from outdial.provider import Policy
from outdial.strength.judge import ArrangedRow, arranged, judge
from outdial.strength.mutants import Mutant
from outdial.strength.tables import Tables
from outdial.strength.writing import TO_BE_CONFIRMED, as_yaml, over
from outdial.tables import Scenario
from outdial.tables.interaction import declare

Key = TypeVar("Key", bound=Hashable)
EVIDENCE = "source: {asks: 'Is it so?'}"
"""What a person writes in place of what is to be confirmed, as far as the form goes."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A row as it is printed, its table, `<edition>/<operation>`, and the mutants that it is to notice."""

    table: str
    text: str
    mutants: tuple[Mutant, ...]

    @property
    def case_id(self) -> str:
        """What the row is called once it stands in its table."""
        return f"{self.table}/{self.text.partition('id: ')[2].partition(chr(10))[0]}"

    @property
    def answer(self) -> Hashable:
        """Its table, and what is expected there."""
        return self.table, self.text.partition("    expect: ")[2]

    def with_changes_of(self, other: "Pasted") -> "Pasted":
        """One row that changes what both do."""
        (own,), (others,) = (yaml.safe_load(each.text) for each in (self, other))
        changed = {part: over(own.get(part, {}), others.get(part, {})) for part in ("given", "request")}
        by_hand = {"by_hand": True} if "by_hand" in own or "by_hand" in others else {}
        row = {"id": own["id"], **{part: change for part, change in changed.items() if change}, **by_hand}
        return Pasted(self.table, as_yaml(row | own | row), (*self.mutants, *other.mutants))


def as_few_rows(rows: Mapping[Key, Pasted], policy: Policy, tables: Tables) -> tuple[dict[Key, str], dict[Key, str]]:
    """The row to be pasted for each key, one for several where it can be; and why there is none.

    A row takes in the changes of the next one that is answered alike, as long as it notices the faults of both.
    """
    same: dict[Hashable, list[Key]] = {}
    for key, row in rows.items():
        same.setdefault((row.table, row.text.partition("\n")[2]), []).append(key)  # but for the id
    printed: dict[Key, str] = {}
    failed: dict[Key, str] = {}
    taken: dict[Hashable, tuple[Pasted, list[Key]]] = {}
    for keys in same.values():
        row, ready = rows[keys[0]], _arranged(rows[keys[0]], policy, tables)
        failed |= {key: f"no row could be written: {fault}" for key in keys if (fault := _fault(rows[key], ready))}
        if not (keys := [key for key in keys if key not in failed]):
            continue
        row = replace(row, mutants=tuple(mutant for key in keys for mutant in rows[key].mutants))
        if row.answer in taken:
            longer = taken[row.answer][0].with_changes_of(row)
            if not _fault(longer, _arranged(longer, policy, tables)):
                row, keys = longer, [*taken[row.answer][1], *keys]
        taken[row.answer] = row, keys
        printed |= dict.fromkeys(keys, row.text)
    return printed, failed


def _fault(row: Pasted, ready: ArrangedRow | str) -> str:
    """Why a row cannot be pasted, or does not notice all that it is for; empty where neither is so."""
    if isinstance(ready, str):
        return ready
    noticed = all(judge(mutant, [ready]).by for mutant in row.mutants)
    return "" if noticed else "as outlined it does not notice the fault"


def _arranged(row: Pasted, policy: Policy, tables: Tables) -> ArrangedRow | str:
    """The row as its table has it, or why it cannot be used."""
    try:
        scenarios = tables.pasted(row.table, row.text.replace(TO_BE_CONFIRMED, EVIDENCE))
    except DocumentError as problem:
        return str(problem)
    (ready,) = arranged([interaction_of(each) for each in scenarios if each.case_id == row.case_id], policy)
    problems = "; ".join(ready.original.problems)
    return f"as outlined it fails, {problems}" if problems else ready


def interaction_of(scenario: Scenario) -> Interaction:
    """The interaction that a scenario's consumer test would write."""
    with TemporaryDirectory() as folder:
        declare(scenario).write_file(folder)
        (written,) = Path(folder).iterdir()
        (interaction,) = read_interactions([written])
    return interaction
