"""`outdial join`: the pacts of what several machines have played."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.pact_files.join import join_files
from outdial.pact_files.shards import gathered, gathered_timings, write_timings


def add_options(parser: ArgumentParser) -> None:
    """What the machines left, and where the pacts go."""
    parser.add_argument("shards", nargs="+", type=Path, metavar="DIR", help="what a machine left; every one is named")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="written here (./pacts)")
    parser.add_argument("--timings", type=Path, metavar="FILE", help="also seconds of each row, for the next split")
    parser.epilog = "example: outdial join shards/* --pacts pacts"


def run(options: Namespace) -> int:
    """Write the pacts of one run, whole. Raises `BadShards`, `Incomplete`, `NotOurs`, with nothing touched."""
    found = gathered(options.shards, "pacts")
    files = {row: folder / file for folder, left in found.items() for row, file in left.rows.items()}
    written = join_files(files, options.pacts)
    if options.timings:
        write_timings(options.timings, gathered_timings(found))
    print(f"{len(files)} interactions of {len(found)} machines written to {len(written)} pacts in {options.pacts}")
    return 0
