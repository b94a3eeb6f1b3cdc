"""`outdial broker create-environment`, `record-deployment`, `record-release` and `record-undeployment`."""

from argparse import ArgumentParser, Namespace

from outdial.broker.client import ClientOutput, call, require, say
from outdial.broker.errors import BrokerError, fault_in, unknown_environment
from outdial.broker.setting import add_pacticipants, add_setting, chosen_pacticipants, find_setting
from outdial.exit_codes import HOLDS

LOOK_FIRST = (
    "see on the pacticipant's page at the broker whether it is recorded, and run this again only if it is not and "
    "nothing else was recorded meanwhile"
)


def add_options(parser: ArgumentParser) -> None:
    """Add the options of one of the commands."""
    add_setting(parser)
    if parser.prog.endswith("create-environment"):
        parser.add_argument("--name", required=True, metavar="ENVIRONMENT", help="its name, as in --to")
        parser.add_argument("--production", action="store_true", help="mark it as production")
        parser.epilog = f"example: {parser.prog} --name production --production"
        parser.set_defaults(run_command=create_environment)
        return
    add_pacticipants(parser)
    parser.add_argument("--to", "--environment", dest="to", required=True, metavar="ENVIRONMENT", help="environment")
    parser.add_argument("--application-instance", metavar="NAME", help="one of several in the environment")
    parser.epilog = f"example: {parser.prog} --to production --providers"


def create_environment(options: Namespace) -> int:
    """Create the environment, unless it exists. Raises: BrokerError."""
    setting = find_setting(options)
    doing = f"creating environment {options.name}"
    existing = setting.broker.request("GET", setting.broker.link("pb:environments"), doing)
    if any(each["name"] == options.name for each in existing["_embedded"]["environments"]):
        say(f"already there: environment {options.name}")
    elif options.dry_run:
        say(f"would be created: environment {options.name}")
    else:
        production = ["--production"] if options.production else []
        require(setting.connection, doing, "create-environment", "--name", options.name, *production)
        say(f"created: environment {options.name}")
    return HOLDS


def run(options: Namespace) -> int:
    """Record each pacticipant with the client's command of the same name.

    No request is repeated: another deployment may be recorded meanwhile, and a repetition would replace it.
    Raises: BrokerError that names the pacticipants recorded before.
    """
    setting = find_setting(options)
    setting.broker.link("self")
    done: list[str] = []
    for name in chosen_pacticipants(setting, options):
        version = setting.version_of(name)
        doing = f"{options.command} of {name} {version} in {options.to}"
        words = ["--pacticipant", name, "--environment", options.to]
        if options.command != "record-undeployment":
            words += ["--version", version]
        if options.application_instance:
            words += ["--application-instance", options.application_instance]
        if options.dry_run:
            say(f"would be: {doing}")
            continue
        try:
            output = call(setting.connection, doing, options.command, *words, repeat=False)
            if output.returncode != 0:
                raise _error(output, doing, options.to)
        except BrokerError as error:
            raise error.after(f"recorded before that: {', '.join(done) or 'none'}") from error
        done.append(name)
        say(doing)
    return HOLDS


def _error(output: ClientOutput, doing: str, environment: str) -> BrokerError:
    if "nvironment" in output.text and ("does not exist" in output.text or "No environment found" in output.text):
        return unknown_environment(doing, environment)
    if "failed: 404" in output.text:
        return BrokerError(
            f"{doing}: the broker knows no such version", "`outdial broker publish` or `outdial broker verify` first"
        )
    return fault_in(output.text, doing, LOOK_FIRST)
