"""Play rows through a team's own client; a complete green run writes its pacts."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import ClassVar

from outdial.documents import suggest
from outdial.generation.foreign.client_process import ClientFailed, ClientProcess, command_of
from outdial.generation.foreign.expectations import Expectations, read_expectations
from outdial.generation.foreign.play import play
from outdial.pact_files.hiding import hidden
from outdial.pact_files.join import joined, write_pacts
from outdial.pact_files.selection import NoSuchRow, selector
from outdial.tables import TABLES, Scenario, load_suite

MOST_STARTS = 5
"""A client that fails as often is not started again."""


class NoSuchTable(Exception):
    """Raised for a table that does not exist. The message names the nearest."""

    exit_code: ClassVar[int] = 4


def generate(
    client: str, consumer: str, tables: Sequence[str], pacts: Path, *, rows: str = "", expects: Path | None = None,
    seconds: float = 10.0,
) -> list[Path] | None:  # fmt: skip
    """Play the rows and return the written pacts: none with `rows`, None when a row did not hold.

    Raises `CannotStart`, `DocumentError`, `NoSuchTable`, `NoSuchRow`, `NotOurs`.
    """
    command, suite = command_of(client), select(tables)
    expected = read_expectations(expects, suite) if expects else {}
    own = [
        replace(row, consumer=consumer, case_id=f"{consumer}/{row.case_id}")
        for row in (expected.get(row.provider, Expectations()).added(row) for row in suite)
    ]
    chosen = [row for row in own if selector(rows)(row.case_id)]
    if not chosen:
        raise NoSuchRow(rows, (each.case_id for each in own))
    if rows:
        print(f"{len(chosen)} of {len(own)} rows selected")
    os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
    with TemporaryDirectory(prefix="outdial-") as folder:
        played, green = _play_all(command, chosen, expected, seconds, Path(folder))
    if not green or rows:
        print(f"{pacts} stays as it was: {'a part of the rows was asked for' if green else 'see above'}")
        return [] if green else None
    made = {"generated": f"by the client of {consumer}; never edited"}
    written = write_pacts(joined(played, [each.case_id for each in own]), pacts, made)
    print(f"{len(own)} interactions written to {len(written)} pacts in {pacts}")
    return written


def select(named: Sequence[str]) -> list[Scenario]:
    """Return the rows of tables: `edition` or `edition/operation`, after a folder of tables where it is not ours.

    Raises `NoSuchTable`, `DocumentError`.
    """
    folders = [Path(name) for name in named if any(Path(name).glob("*.yaml"))]
    names = [name for name in named if Path(name) not in folders]
    if len(folders) > 1:
        raise NoSuchTable(f"--tables: expected one folder of tables, found {folders[0]} and {folders[1]}")
    suite = load_suite(folders[0] if folders else TABLES)
    if not named:
        editions = suggest("", {each.provider for each in suite})
        raise NoSuchTable(f"--client needs --tables: what your client calls{editions}")
    tables = {each.provider for each in suite} | {f"{each.provider}/{each.operation}" for each in suite}
    for name in names:
        if name not in tables:
            raise NoSuchTable(f"--tables: no table {name!r}{suggest(name, tables)}")
    return [row for row in suite if not names or {row.provider, f"{row.provider}/{row.operation}"} & set(names)]


def _play_all(
    command: list[str], rows: Sequence[Scenario], expected: Mapping[str, Expectations], seconds: float, folder: Path
) -> tuple[dict[str, str], bool]:
    """Return the pacts of the rows that hold, and whether all do; print a line for each that does not."""
    played: dict[str, str] = {}
    took: list[float] = []
    client, starts = ClientProcess(command), 1
    try:
        for seq, row in enumerate(rows, start=1):
            began, said = monotonic(), expected.get(row.provider, Expectations()).said(row)
            try:
                played[row.case_id] = play(row, client, seq, seconds, said, folder)
            except (AssertionError, ClientFailed) as problem:
                print(f"FAIL {row.case_id} ({row.place}): the client {hidden(str(problem))}")
                if isinstance(problem, ClientFailed):
                    if starts == MOST_STARTS:
                        print(f"the client failed {starts} times; {len(rows) - seq} rows were not played")
                        return played, False
                    client, starts = ClientProcess(command), starts + 1
            took.append(monotonic() - began)
    finally:
        client.end()
    told = f"{len(rows)} rows played, {len(rows) - len(played)} do not hold, {median(took) * 1000:.0f} ms each"
    print(f"{client.name}: {told}")
    return played, len(played) == len(rows)
