"""`outdial broker`: a Pact Broker on this machine, with Docker."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from broker import laptop

COMPOSE_FILE = Path(__file__).parents[2] / "compose.yaml"


def add_options(parser: ArgumentParser) -> None:
    """None."""
    parser.epilog = "PACT_BROKER_BASE_URL names a broker elsewhere, for the commands that publish, verify and gate."


def run(options: Namespace) -> int:  # noqa: ARG001 - every command takes its options
    """Start it and wait until it answers."""
    return laptop.start(COMPOSE_FILE)
