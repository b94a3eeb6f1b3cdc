"""What one run plays: every row of the tables, or those of one machine of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outdial.generation.clients import CLIENTS
from outdial.pact_files.selection import NoSuchRow, selects
from outdial.pact_files.shards import Shard, digest, digest_of_code, read_timings, split
from outdial.tables import Scenario, load_suite


@dataclass(frozen=True, slots=True)
class Part:
    """`case_ids` are all rows of this machine, `rows` those of them that are played: fewer where only some are chosen.

    `groups` has the case ids of each machine; there is one of all rows where nothing is split.
    """

    rows: Sequence[Scenario]
    case_ids: Sequence[str]
    groups: Sequence[Sequence[str]]


@cache
def part(tables: Path, shard: Shard | None, timings: Path | None, expression: str) -> Part:
    """The rows to play, read once in a process. Raises `BadShards`, `DocumentError`, `NoSuchRow`."""
    shard = shard or Shard(1, 1)
    groups: list[list[str]] = []

    def chosen(case_ids: list[str]) -> set[str]:
        groups.extend(split(case_ids, shard.of, read_timings(timings)))
        found = {case_id for case_id in groups[shard.number - 1] if selects(expression, case_id)}
        if expression and not found:
            raise NoSuchRow(expression, case_ids)
        return found

    return Part(load_suite(tables, CLIENTS, chosen), groups[shard.number - 1], groups)


def saw(tables: Path, timings: Path | None) -> Mapping[str, str]:
    """Digests of what rows and their split come from."""
    return {"tables": digest(tables), "timings": digest(timings) if timings else "", "code": digest_of_code()}
