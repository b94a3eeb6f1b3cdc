"""Tell the broker what runs where, so that the next gate compares with it."""

from argparse import ArgumentParser, Namespace

from broker.client import Said, call
from broker.console import say
from broker.faults import fault_in
from broker.outcome import BrokerError, ExitCode
from broker.setting import Setting, add_pacticipants, add_setting, chosen_pacticipants, find_setting

LOOK_FIRST = (
    "see on the pacticipant's page at the broker whether it is recorded, and run this again only if it is not and "
    "nothing else was recorded meanwhile"
)


def add_recording(parser: ArgumentParser) -> None:
    """Who, and where."""
    add_setting(parser)
    add_pacticipants(parser)
    parser.add_argument("--to", required=True, metavar="ENVIRONMENT", help="e.g. production")
    parser.add_argument("--application-instance", metavar="NAME", help="one of several in the environment")


def record(options: Namespace, command: str, *, versioned: bool = True) -> int:
    """Record with the broker's `command` for each pacticipant.

    Never tried again by itself: after a lost answer another deployment may have been recorded meanwhile,
    and a late repetition would replace it.
    Raises: BrokerError that says which are recorded.
    """
    setting = find_setting(options)
    names = chosen_pacticipants(setting, options)
    setting.broker.link("self")
    done: list[str] = []
    for name in names:
        what = f"{name} {setting.version_of(name)}" if versioned else name
        if options.dry_run:
            say(f"would be: {command} of {what} in {options.to}")
            continue
        try:
            _record_one(setting, options, command, name, versioned)
        except BrokerError as error:
            raise error.after(f"recorded before that: {', '.join(done) or 'none'}") from error
        done.append(name)
        say(f"{command}: {what} in {options.to}")
    return ExitCode.OK


def _record_one(setting: Setting, options: Namespace, command: str, name: str, versioned: bool) -> None:
    version = setting.version_of(name)
    doing = f"{command} of {name} {version} in {options.to}"
    words = ["--pacticipant", name, "--environment", options.to]
    words += ["--version", version] if versioned else []
    words += ["--application-instance", options.application_instance] if options.application_instance else []
    said = call(setting.connection, doing, command, *words)
    if said.returncode != 0:
        raise _refusal(said, doing, options.to) or fault_in(said.text, doing, LOOK_FIRST)


def _refusal(said: Said, doing: str, environment: str) -> BrokerError | None:
    if "nvironment" in said.text and ("does not exist" in said.text or "No environment found" in said.text):
        return BrokerError(
            f"{doing}: the broker knows no environment '{environment}'",
            f"correct --to, or create it once: `outdial create-environment --name {environment} --production`",
            exit_code=ExitCode.UNUSABLE,
        )
    if "failed: 404" in said.text:
        return BrokerError(
            f"{doing}: the broker knows no such version", "`outdial publish` or `outdial verify-broker` first"
        )
    return None
