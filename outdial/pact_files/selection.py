"""Which rows and journeys an expression selects."""

from collections.abc import Iterable
from typing import ClassVar

from outdial.documents import suggest


class NoSuchRow(Exception):
    """No row is like what was asked; the message names the nearest."""

    exit_code: ClassVar[int] = 5

    def __init__(self, asked: str, case_ids: Iterable[str]) -> None:
        names = dict.fromkeys(case_id.rpartition("/")[2] for case_id in case_ids)
        super().__init__(f"no row is like {asked!r}{suggest(asked, names)}")


def selects(expression: str, name: str) -> bool:
    """Whether a name matches: `or` joins alternatives, `and` what all must hold, `not` turns round; all selects."""
    return any(
        all((word.strip().removeprefix("not ") in name.lower()) != word.strip().startswith("not ") for word in words)
        for words in (each.split(" and ") for each in expression.lower().split(" or "))
    )
