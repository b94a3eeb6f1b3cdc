"""`outdial can-i-deploy`: pass only when the broker says yes."""

from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Sequence

from broker import gate
from broker.setting import Setting, add_pacts, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Who, and where to."""
    add_pacts(parser)
    parser.add_argument("--to", metavar="ENVIRONMENT", help="e.g. production (default: beside its providers' version)")
    parser.add_argument("--pacticipant", action="append", metavar="NAME", help="default: the consumers in --pacts")
    parser.add_argument("--output", choices=gate.FORMATS, default="table")
    parser.epilog = "example: outdial can-i-deploy --to production"


def run(options: Namespace) -> int:
    """Ask for each of them."""
    setting = find_setting(options)
    questions = _questions(setting, options.pacticipant, options.to)
    return gate.can_i_deploy(setting.connection, questions, options.output)


def _questions(setting: Setting, named: Sequence[str] | None, environment: str | None) -> list[gate.Question]:
    """One per pacticipant; without an environment, each consumer with its providers at this version."""
    version = setting.build.version
    if environment or named:
        return [gate.Question(((name, version),), environment) for name in named or setting.consumers]
    providers: defaultdict[str, list[str]] = defaultdict(list)
    for pact in setting.pacts:
        providers[pact.consumer].append(pact.provider)
    return [
        gate.Question(tuple((name, version) for name in (consumer, *together)), None)
        for consumer, together in providers.items()
    ]
