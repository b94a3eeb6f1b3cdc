"""Tries rows as a person would: pasted into their tables, loaded with evidence, and played against their mutants."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from contracts import Scenario
from contracts.interaction import declare
from pact_files import Interaction, read_interactions
from provider_stub import Policy
from strength.judge import ArrangedRow, arranged, judge
from strength.mutants import Mutant
from strength.tables import Tables
from strength.writing import TO_BE_CONFIRMED
from yaml_documents import DocumentError

Key = TypeVar("Key", bound=Hashable)
EVIDENCE = "source: {asks: 'Is it so?'}"
"""What a person writes in place of what is to be confirmed, as far as the form goes."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A row as it is printed, its table, `<edition>/<operation>`, and a mutant that it is to notice."""

    table: str
    text: str
    mutant: Mutant

    @property
    def case_id(self) -> str:
        """What the row is called once it stands in its table."""
        return f"{self.table}/{self.text.partition('id: ')[2].partition(chr(10))[0]}"


def not_to_be_pasted(rows: Mapping[Key, Pasted], policy: Policy, tables: Tables) -> dict[Key, str]:
    """Rows that cannot be pasted, or do not notice their mutant, each with the reason."""
    tried: dict[tuple[str, str], ArrangedRow | str] = {}
    failed = {}
    for key, row in rows.items():
        same = (row.table, row.text.partition("\n")[2])  # rows of several mutants differ in their ids
        if same not in tried:
            tried[same] = _arranged(row, policy, tables)
        found = tried[same]
        if isinstance(found, str):
            failed[key] = f"no row could be written: {found}"
        elif not judge(row.mutant, [found]).by:
            failed[key] = "no row could be written: as outlined it does not notice the fault"
    return failed


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
