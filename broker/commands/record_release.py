"""`outdial record-release`: tell the broker that versions are there, see `broker/recording.py`."""

from argparse import ArgumentParser, Namespace

from broker.recording import add_recording, record


def add_options(parser: ArgumentParser) -> None:
    """Who, and where."""
    add_recording(parser)
    parser.epilog = "example: outdial record-release --to production"


def run(options: Namespace) -> int:
    """Record each of them."""
    return record(options, "record-release")
