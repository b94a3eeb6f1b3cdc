"""`outdial generate`: play every row through its client; a complete green run writes the pacts."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.folders import CONSUMER_TESTS
from outdial.generation.part import part
from outdial.pact_files.shards import Shard
from outdial.tables import TABLES


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
