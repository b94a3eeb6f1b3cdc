"""`outdial publish`: every pact under the version of its commit."""

from argparse import ArgumentParser, Namespace

from broker.publish import publish
from broker.setting import add_pacts, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Where the pacts are; everything else comes from git and the environment."""
    add_pacts(parser)
    parser.epilog = "example: PACT_BROKER_BASE_URL=https://broker.example outdial publish"


def run(options: Namespace) -> int:
    """Publish."""
    setting = find_setting(options, committed=True)
    publish(setting.connection, setting.build, setting.pacts)
    return 0
