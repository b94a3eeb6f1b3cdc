"""`outdial broker record-deployment`, `record-release`, `record-undeployment`: what runs where, for the next gate."""

from argparse import ArgumentParser, Namespace

from outdial.broker.client import ClientOutput, call
from outdial.broker.console import say
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError, ExitCode, Unusable
from outdial.broker.setting import add_pacticipants, add_setting, chosen_pacticipants, find_setting

LOOK_FIRST = (
    "see on the pacticipant's page at the broker whether it is recorded, and run this again only if it is not and "
    "nothing else was recorded meanwhile"
)


def add_options(parser: ArgumentParser) -> None:
    """Who, and where."""
    add_setting(parser)
    add_pacticipants(parser)
    parser.add_argument(
        "--to", "--environment", dest="to", required=True, metavar="ENVIRONMENT", help="e.g. production"
    )
    parser.add_argument("--application-instance", metavar="NAME", help="one of several in the environment")
    parser.set_defaults(command=parser.prog.split()[-1])
    parser.epilog = f"example: {parser.prog} --to production --providers"


def run(options: Namespace) -> int:
    """Record with the client's command of the same name for each pacticipant.

    Never tried again by itself: after a lost answer another deployment may have been recorded meanwhile,
    and a late repetition would replace it.
    Raises: BrokerError that says which are recorded.
    """
    setting = find_setting(options)
    setting.broker.link("self")
    done: list[str] = []
    for name in chosen_pacticipants(setting, options):
        version = setting.version_of(name)
        what = f"{options.command} of {name} {version} in {options.to}"
        words = ["--pacticipant", name, "--environment", options.to]
        if options.command != "record-undeployment":
            words += ["--version", version]
        if options.application_instance:
            words += ["--application-instance", options.application_instance]
        if options.dry_run:
            say(f"would be: {what}")
            continue
        try:
            said = call(setting.connection, what, options.command, *words, repeat=False)
            if said.returncode != 0:
                raise _refusal(said, what, options.to) or fault_in(said.text, what, LOOK_FIRST)
        except BrokerError as error:
            raise error.after(f"recorded before that: {', '.join(done) or 'none'}") from error
        done.append(name)
        say(what)
    return ExitCode.OK


def _refusal(said: ClientOutput, doing: str, environment: str) -> BrokerError | None:
    if "nvironment" in said.text and ("does not exist" in said.text or "No environment found" in said.text):
        return Unusable(
            f"{doing}: the broker knows no environment '{environment}'",
            f"correct --to, or create it once: `outdial broker create-environment --name {environment} --production`",
        )
    if "failed: 404" in said.text:
        return BrokerError(
            f"{doing}: the broker knows no such version", "`outdial broker publish` or `outdial broker verify` first"
        )
    return None
