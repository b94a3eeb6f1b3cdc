"""`outdial broker`: a Pact Broker on this machine, with Docker."""

from argparse import ArgumentParser, Namespace

from outdial.broker.laptop import ACTIONS, manage


def add_options(parser: ArgumentParser) -> None:
    """What to do with it."""
    parser.add_argument("action", choices=ACTIONS, help="reset also forgets what it holds")
    parser.epilog = "example: outdial broker start"


def run(options: Namespace) -> int:
    """Do it, and wait until it is done."""
    return manage(options.action)
