"""`outdial record-deployment`: tell the broker what runs where."""

from argparse import ArgumentParser, Namespace

from broker.deployment import record_deployment
from broker.setting import add_pacts, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Who, and where."""
    add_pacts(parser)
    parser.add_argument("--to", required=True, metavar="ENVIRONMENT", help="where this version runs now")
    parser.add_argument("--pacticipant", action="append", metavar="NAME", help="default: the consumers in --pacts")
    parser.epilog = "example: outdial record-deployment --to production"


def run(options: Namespace) -> int:
    """Record each of them."""
    setting = find_setting(options)
    record_deployment(setting.connection, options.pacticipant or setting.consumers, setting.build.version, options.to)
    return 0
