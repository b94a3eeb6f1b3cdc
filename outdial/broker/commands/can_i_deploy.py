"""`outdial broker can-i-deploy`: pass only when the broker says yes."""

from argparse import ArgumentParser, Namespace

from outdial.broker import gate
from outdial.broker.console import say
from outdial.broker.outcome import ExitCode
from outdial.broker.setting import Setting, add_pacticipants, add_setting, chosen_pacticipants, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Who, and where to."""
    add_setting(parser)
    add_pacticipants(parser)
    parser.add_argument(
        "--to",
        "--to-environment",
        metavar="ENVIRONMENT",
        help="e.g. production (default: beside its providers' version)",
    )
    parser.add_argument("--retry-while-unknown", type=int, default=0, metavar="TIMES", help="ask again (default: 0)")
    parser.add_argument("--retry-interval", type=float, default=10, metavar="SECONDS", help="pause (default: 10)")
    parser.add_argument("-o", "--output", choices=gate.FORMATS, default="table")
    parser.epilog = "example: outdial broker can-i-deploy --to production --retry-while-unknown 30"


def run(options: Namespace) -> int:
    """Ask for each of them."""
    setting = find_setting(options)
    patience = gate.Patience(options.retry_while_unknown, options.retry_interval)
    setting.broker.link("self")
    code = gate.can_i_deploy(setting.connection, _questions(setting, options), patience, options.output)
    if options.dry_run and code is not ExitCode.OK:
        say("dry run: the answer does not count")
        return ExitCode.OK
    return code


def _questions(setting: Setting, options: Namespace) -> list[gate.GateQuestion]:
    """One per pacticipant; without an environment one per pact, each side at its version."""
    if options.to or options.pacticipant or options.providers:
        asked: list[tuple[str, ...]] = [(name,) for name in chosen_pacticipants(setting, options)]
    else:
        asked = [(pact.consumer, pact.provider) for pact in setting.pacts]
    return [gate.GateQuestion(tuple((name, setting.version_of(name)) for name in names), options.to) for names in asked]
