"""Check that the pacts contain exactly the rows of the tables, by case id and digest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from outdial.pact_files import Pact
from outdial.tables import Scenario

SHOWN = 12


class IncompletePacts(Exception):
    """Raised when pacts differ from their tables. The message names each row."""

    exit_code: ClassVar[int] = 4


def place(row: Scenario) -> str:
    """Return the place of a row as `file:line`, relative to the current folder."""
    return row.place.removeprefix(f"{Path.cwd()}/")


def require_complete(pacts: Sequence[Pact], suite: Iterable[Scenario], whole: bool) -> None:
    """Raise `IncompletePacts` unless the pacts hold the rows of the suite; without `whole`, of their part."""
    rows = {each.case_id: each for each in suite}
    problems = list(_problems(rows, pacts, whole))
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        told = "\n  ".join([*problems[:SHOWN], *more])
        raise IncompletePacts(f"the pacts differ from the tables; `make pact` writes them again:\n  {told}")


def _problems(rows: Mapping[str, Scenario], pacts: Sequence[Pact], whole: bool) -> Iterator[str]:
    played = {each.case_id for pact in pacts for each in pact.interactions}
    parts = {(pact.consumer, pact.provider) for pact in pacts}
    for pair in dict.fromkeys((row.consumer, row.provider) for row in rows.values()):
        cases = [row for row in rows.values() if (row.consumer, row.provider) == pair]
        lacking = [row for row in cases if row.case_id not in played]
        if lacking and (whole or pair in parts):
            first = f", the first: {lacking[0].case_id} ({place(lacking[0])})"
            yield f"{' -> '.join(pair)}: {len(lacking)} of {len(cases)} interactions are missing{first}"
    for pact in pacts:
        for each in pact.interactions:
            if (row := rows.get(each.case_id)) is None:
                yield f"{each.case_id}: in {pact.path.name}, but in no table"
            elif (row.consumer, row.provider) != (pact.consumer, pact.provider):
                yield f"{each.case_id}: in {pact.path.name}, expected in {row.consumer}-{row.provider}.json"
            elif each.comments.get("digest") != row.digest:
                yield f"{each.case_id}: the pact states another row than {place(row)}"
