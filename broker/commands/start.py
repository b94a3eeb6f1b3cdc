"""`outdial broker`: a Pact Broker on this machine, with Docker."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from broker import laptop

COMPOSE_FILE = Path(__file__).parents[2] / "compose.yaml"


def add_options(parser: ArgumentParser) -> None:
    """None; compose.yaml says what is started."""
    parser.epilog = "example: outdial broker && PACT_BROKER_BASE_URL=http://localhost:9292 outdial publish"


def run(options: Namespace) -> int:  # noqa: ARG001 - every command takes its options
    """Start it and wait until it answers."""
    return laptop.start(COMPOSE_FILE)
