"""`outdial generate`: play every scenario through its client, and write the pacts when all of them passed."""

import argparse
from pathlib import Path

import pytest

from consumer_tests.conftest import PACTS
from contracts import TABLES

HERE = Path(__file__).parent


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of scenario tables")
    parser.add_argument("--pacts", type=Path, default=PACTS, help="folder that a complete green run writes")
    parser.add_argument("-k", dest="select", metavar="WORDS", help="play only these rows, and write nothing")
    parser.add_argument("-n", dest="workers", metavar="N", help="play on N processes (auto: one for each core)")


def run(options: argparse.Namespace) -> int:
    """Play; pytest's exit codes are this project's: 0 written, 1 not met, 2 interrupted, 4 a table, 5 no row."""
    chosen = ["-k", options.select] if options.select else []
    chosen += ["-n", options.workers] if options.workers else []
    settings = ["-c", str(HERE / "pytest.ini"), "--rootdir", str(HERE)]
    folders = ["--tables", str(options.tables), "--pacts", str(options.pacts)]
    ended = int(pytest.main([*settings, *folders, *chosen, str(HERE)]))
    return 2 if ended == pytest.ExitCode.INTERNAL_ERROR else ended
