"""`outdial generate`: play every row through its client; a complete green run writes the pacts."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.folders import CONSUMER_TESTS
from outdial.generation.part import part
from outdial.pact_files.shards import Shard
from outdial.tables import TABLES


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add_own_options(parser)
    machines = parser.add_argument_group("one machine of several (docs/many-machines.md)")
    machines.add_argument("--shard", type=Shard.read, metavar="I/N", help="play every N-th row; auto asks the CI")
    machines.add_argument(
        "--out", type=Path, default=Path("build/shard"), metavar="DIR", help="partial pacts (default: build/shard)"
    )


def add_own_options(parser: ArgumentParser) -> None:
    """Add the options of a run on one machine."""
    parser.add_argument("--tables", nargs="+", default=[], metavar="DIR", help="folder of decision tables")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="output (default: ./pacts)")
    parser.add_argument("-k", dest="rows", default="", metavar="EXPRESSION", help="play these rows, write nothing")
    parser.add_argument("-n", dest="workers", default="0", metavar="N", help="processes of pytest-xdist (default: 0)")
    parser.epilog = "example: outdial generate --tables contracts/tables --pacts pacts"


def run(options: Namespace) -> int:
    """Run the command. Raises what `generate` raises."""
    if len(options.tables) > 1:
        raise DocumentError("--tables: expected one folder; single tables are for --client")
    tables = Path(options.tables[0]) if options.tables else TABLES
    return generate(tables, options.pacts, options.rows, options.workers, options.shard, options.out)


def generate(
    tables: Path, pacts: Path, rows: str = "", workers: str = "0", shard: Shard | None = None, out: Path | None = None
) -> int:
    """Play rows by pytest and return the exit code. Raises `BadSelection`, `DocumentError`, `NoSuchRow`."""
    chosen, here = part(tables, shard, rows), CONSUMER_TESTS
    if rows:
        print(f"{len(chosen.rows)} of {len(chosen.digests)} rows selected")
    given = [f"--tables={tables}", f"--pacts={out if shard else pacts}", f"--rows={rows}"]
    given += [f"--confcutdir={here}", f"--rootdir={here}", *([f"--shard={shard}"] if shard else [])]
    given += ["-p", "xdist", "-n", workers] if workers != "0" else []
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # --collect-only there would be green on nothing
        os.environ.pop(name, None)
    ended = int(pytest.main(["-c", str(here / "pytest.ini"), *given, str(here / "test_scenarios.py")]))
    return 2 if ended == pytest.ExitCode.INTERNAL_ERROR else ended
