"""What one run plays: every row of the tables, or those of one machine of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from consumer_tests.clients import CLIENTS
from contracts import Scenario, load_suite
from pact_files.shards import Shard, digest, digest_of_code, read_timings, split


@dataclass(frozen=True, slots=True)
class Part:
    """`groups` are the rows of each machine; there is one of all rows where nothing is split."""

    rows: Sequence[Scenario]
    groups: Sequence[Sequence[str]]


@cache
def part(tables: Path, shard: Shard | None, timings: Path | None) -> Part:
    """The rows to play, read once in a process. Raises `BadShards`, `DocumentError`."""
    suite = load_suite(tables, CLIENTS)
    shard = shard or Shard(1, 1)
    groups = split((row.case_id for row in suite), shard.of, read_timings(timings))
    own = set(groups[shard.number - 1])
    return Part([row for row in suite if row.case_id in own], groups)


def saw(tables: Path, timings: Path | None) -> Mapping[str, str]:
    """Digests of what rows and their split come from."""
    return {"tables": digest(tables), "timings": digest(timings) if timings else "", "code": digest_of_code()}
