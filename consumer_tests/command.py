"""`outdial generate`: play every scenario through its client; a complete green run writes the pacts."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from contracts import TABLES
from yaml_documents import DocumentError

HERE = Path(__file__).parent


def add_options(parser: ArgumentParser) -> None:
    """Which tables, where the pacts go, and on how many processes."""
    parser.add_argument("--tables", nargs="+", default=[], metavar="DIR", help="folder of scenario tables")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="written here (./pacts)")
    parser.add_argument("-k", dest="rows", metavar="EXPRESSION", help="play only rows like this, and write nothing")
    parser.add_argument("-n", dest="workers", metavar="N", help="play on N processes (auto: one for each core)")
    parser.epilog = "example: outdial generate --tables contracts/tables --pacts pacts"


def run(options: Namespace) -> int:
    """Play; but for an error inside, pytest's exit codes are those of the table. Raises `DocumentError`."""
    if len(options.tables) > 1:
        raise DocumentError("--tables: one folder of tables is played; single tables only through --client")
    tables = options.tables[0] if options.tables else TABLES
    given = [f"--tables={tables}", f"--pacts={options.pacts}", f"--confcutdir={HERE}", f"--rootdir={HERE}"]
    given += ["-k", options.rows] if options.rows else []
    given += ["-p", "xdist", "-n", options.workers] if options.workers else []
    os.environ.pop("PYTEST_ADDOPTS", None)  # such as --collect-only, which is green on nothing
    ended = int(pytest.main(["-c", str(HERE / "pytest.ini"), *given, str(HERE)]))
    return 2 if ended == pytest.ExitCode.INTERNAL_ERROR else ended
