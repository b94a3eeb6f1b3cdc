"""`outdial join`: merge the partial pacts of several machines."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.pact_files.join import write_pacts
from outdial.pact_files.shards import joined


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("shards", nargs="+", type=Path, metavar="DIR", help="folder that one machine wrote; name all")
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="output (default: ./pacts)")
    parser.epilog = "example: outdial join shards/* --pacts pacts"


def run(options: Namespace) -> int:
    """Write the pacts of one run. Raises `BadShards` and `NotOurs` with nothing changed."""
    whole = joined(options.shards)
    written = write_pacts(whole, options.pacts)
    count = sum(len(each["interactions"]) for each in whole.values())
    print(f"{count} interactions of {len(options.shards)} folders written to {len(written)} pacts in {options.pacts}")
    return 0
