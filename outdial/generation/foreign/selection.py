"""Select the rows for a team's own client from the named tables."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from outdial.documents import suggest
from outdial.tables import TABLES, Scenario, load_suite


class NoSuchTable(Exception):
    """A table that does not exist; the message names the nearest."""

    exit_code: ClassVar[int] = 4


def select(named: Sequence[str]) -> list[Scenario]:
    """Rows of these tables: `edition` or `edition/operation`, after a folder of tables where it is not ours; of a
    folder alone, all. Raises `NoSuchTable`, `DocumentError`."""
    folders = [Path(name) for name in named if any(Path(name).glob("*/edition.yaml"))]
    names = [name for name in named if Path(name) not in folders]
    if len(folders) > 1:
        raise NoSuchTable(
            f"--tables names two folders of tables, {folders[0]} and {folders[1]}; one is played at a time"
        )
    scenarios = load_suite(folders[0] if folders else TABLES)
    tables = {each.provider for each in scenarios} | {f"{each.provider}/{each.operation}" for each in scenarios}
    if not named:
        raise NoSuchTable(
            f"--client needs --tables: what your client calls{suggest('', {each.provider for each in scenarios})}"
        )
    for name in names:
        if name not in tables:
            raise NoSuchTable(f"--tables: no table {name!r}{suggest(name, tables)}")
    return [
        each for each in scenarios if not names or {each.provider, f"{each.provider}/{each.operation}"} & set(names)
    ]


def of_consumer(scenario: Scenario, consumer: str) -> Scenario:
    """The row as another consumer's, whose name is the beginning of its case id."""
    return replace(scenario, consumer=consumer, case_id=f"{consumer}/{scenario.case_id}")
