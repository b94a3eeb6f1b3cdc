"""`outdial generate`: play every row through its client; a complete green run writes the pacts."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.folders import CONSUMER_TESTS
from outdial.generation.clients import CLIENTS
from outdial.pact_files.selection import NoSuchRow, selector
from outdial.pact_files.shards import Shard
from outdial.tables import TABLES, Scenario, load_suite


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
    return Part(rows, [each.case_id for each in mine], {each.case_id: each.digest for each in suite})


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--tables", nargs="+", default=[], metavar="DIR", help="folder of decision tables")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="output (default: ./pacts)")
    parser.add_argument("-k", dest="rows", default="", metavar="EXPRESSION", help="play these rows, write nothing")
    machines = parser.add_argument_group("one machine of several (docs/many-machines.md)")
    machines.add_argument("--shard", type=Shard.read, metavar="I/N", help="play every N-th row; auto asks the CI")
    out = "partial pacts (default: build/shard)"
    machines.add_argument("--out", type=Path, default=Path("build/shard"), metavar="DIR", help=out)
    parser.epilog = "example: outdial generate --tables contracts/tables --pacts pacts"


def run(options: Namespace) -> int:
    """Run the command. Raises what `generate` raises."""
    pacts = options.out if options.shard else options.pacts
    return generate(tables_in(options.tables), pacts, options.rows, options.shard)


def tables_in(named: Sequence[str]) -> Path:
    """Return the one named folder, or ours. Raises `DocumentError`."""
    if len(named) > 1:
        raise DocumentError("--tables: expected one folder; single tables are for --client")
    return Path(named[0]) if named else TABLES


def generate(tables: Path, pacts: Path, rows: str = "", shard: Shard | None = None) -> int:
    """Play rows by pytest and return the exit code. Raises `BadSelection`, `DocumentError`, `NoSuchRow`."""
    chosen, here = part(tables, shard, rows), CONSUMER_TESTS
    if rows:
        print(f"{len(chosen.rows)} of {len(chosen.digests)} rows selected")
    given = [f"--tables={tables}", f"--pacts={pacts}", f"--rows={rows}", f"--confcutdir={here}", f"--rootdir={here}"]
    given += [f"--shard={shard}"] if shard else []
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # --collect-only there would be green on nothing
        os.environ.pop(name, None)
    ended = int(pytest.main(["-c", str(here / "pytest.ini"), *given, str(here / "test_scenarios.py")]))
    return 2 if ended == pytest.ExitCode.INTERNAL_ERROR else ended
