"""`outdial generate`: play every scenario through its client; a complete green run writes the pacts."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.folders import CONSUMER_TESTS as HERE
from outdial.generation.part import part
from outdial.pact_files.shards import Shard, require_together
from outdial.tables import TABLES

ROWS_OF_A_WORKER = 250
"""So many rows take as long as a further process takes to start."""


def add_options(parser: ArgumentParser) -> None:
    """Which tables, where the pacts go, on how many processes, and of how many machines this is one."""
    add_own_options(parser)
    machines = parser.add_argument_group("one machine of several (docs/many-machines.md)")
    machines.add_argument("--shard", type=Shard.read, metavar="I/N", help="play only the rows of machine I of N")
    machines.add_argument("--out", type=Path, metavar="DIR", help="what it leaves, for `outdial join`")
    machines.add_argument("--timings", type=Path, metavar="FILE", help="seconds of each row, which a join has written")


def add_own_options(parser: ArgumentParser) -> None:
    """Those of a run on one machine."""
    parser.add_argument("--tables", nargs="+", default=[], metavar="DIR", help="folder of scenario tables")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="written here (./pacts)")
    parser.add_argument("-k", dest="rows", metavar="EXPRESSION", help="play only rows like this, and write nothing")
    parser.add_argument(
        "-n", dest="workers", metavar="N", help="processes: 0 for one, auto for each core (default: as many as pay)"
    )
    parser.set_defaults(shard=None, out=None, timings=None)
    parser.epilog = "example: outdial generate --tables contracts/tables --pacts pacts"


def run(options: Namespace) -> int:
    """Play; but for an error inside, pytest's exit codes are those of the table.

    Raises `BadShards`, `DocumentError`, `NotTogether`, `NoSuchRow`.
    """
    if len(options.tables) > 1:
        raise DocumentError("--tables: one folder of tables is played; single tables only through --client")
    require_together(options.shard, options.out, "--out", options.timings)
    tables = Path(options.tables[0] if options.tables else TABLES)
    found = part(tables, options.shard, options.timings, options.rows or "")
    given = [f"--tables={tables}", f"--pacts={options.pacts}", f"--confcutdir={HERE}", f"--rootdir={HERE}"]
    named = {"shard": options.shard, "out": options.out, "timings": options.timings, "rows": options.rows}
    given += [f"--{name}={value}" for name, value in named.items() if value]
    workers = options.workers or str(_workers(len(found.rows)))
    given += ["-p", "xdist", "-n", workers] if workers != "0" else []
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # such as --collect-only, which is green on nothing
        os.environ.pop(name, None)
    ended = int(pytest.main(["-c", str(HERE / "pytest.ini"), *given, str(HERE)]))
    return 2 if ended == pytest.ExitCode.INTERNAL_ERROR else ended


def _workers(rows: int) -> int:
    """A process for each core where there are rows enough for more than one; 0 is none beside this one."""
    count = min(os.cpu_count() or 1, rows // ROWS_OF_A_WORKER)
    return count if count > 1 else 0
