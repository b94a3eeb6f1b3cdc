"""`outdial broker create-environment`: an environment must exist before anything is recorded there."""

from argparse import ArgumentParser, Namespace

from outdial.broker.client import require
from outdial.broker.console import say
from outdial.broker.outcome import ExitCode
from outdial.broker.setting import add_setting, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Its name."""
    add_setting(parser)
    parser.add_argument("--name", required=True, metavar="ENVIRONMENT", help="as it is named in --to")
    parser.add_argument("--production", action="store_true", help="it is one of production (the broker shows it)")
    parser.epilog = "example: outdial broker create-environment --name production --production"


def run(options: Namespace) -> int:
    """Create it, unless it is there."""
    setting = find_setting(options)
    doing = f"creating environment {options.name}"
    there = setting.broker.get(setting.broker.link("pb:environments"), doing)["_embedded"]["environments"]
    if any(each["name"] == options.name for each in there):
        say(f"already there: environment {options.name}")
        return ExitCode.OK
    if options.dry_run:
        say(f"would be created: environment {options.name}")
        return ExitCode.OK
    production = ["--production"] if options.production else []
    require(setting.connection, doing, "create-environment", "--name", options.name, *production)
    say(f"created: environment {options.name}")
    return ExitCode.OK
