"""Select the rows that one run plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outdial.generation.clients import CLIENTS
from outdial.pact_files.selection import NoSuchRow, selector
from outdial.pact_files.shards import Shard
from outdial.tables import Scenario, load_suite
from outdial.tables.digest import digest


@dataclass(frozen=True, slots=True)
class Part:
    """`rows` are played; `case_ids` are all rows of this machine, `digests` those of the whole run by case id."""

    rows: Sequence[Scenario]
    case_ids: Sequence[str]
    digests: Mapping[str, str]


@cache
def part(tables: Path, shard: Shard | None = None, expression: str = "") -> Part:
    """Return the rows of a shard that an expression selects. Raises `DocumentError`, `NoSuchRow`, `BadSelection`."""
    selects = selector(expression)
    suite = load_suite(tables, CLIENTS)
    mine = shard.part(suite) if shard else suite
    rows = [each for each in mine if selects(each.case_id)]
    if expression and not rows:
        raise NoSuchRow(expression, [each.case_id for each in suite])
    return Part(rows, [each.case_id for each in mine], {each.case_id: digest(each) for each in suite})
