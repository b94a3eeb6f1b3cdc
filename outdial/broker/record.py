"""Record deployments, releases and their ends, and create environments, with the official client."""

from collections.abc import Sequence

from outdial.broker.client import call, say
from outdial.broker.errors import BrokerError, fault_in
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS

LOOK_FIRST = (
    "see on the pacticipant's page at the broker whether it is recorded, and run this again only if it is not and "
    "nothing else was recorded meanwhile"
)


def create_environment(setting: Setting, name: str, production: bool = False) -> int:
    """Create the environment, unless it exists. Raises: BrokerError."""
    doing = f"creating environment {name}"
    existing = setting.broker.request("GET", setting.broker.link("pb:environments"), doing)
    if any(each["name"] == name for each in existing["_embedded"]["environments"]):
        say(f"already there: environment {name}")
    elif setting.dry_run:
        say(f"would be created: environment {name}")
    else:
        words = ["create-environment", "--name", name, *(["--production"] if production else [])]
        if (output := call(setting.connection, doing, *words)).returncode != 0:
            raise fault_in(output.text, doing)
        say(f"created: environment {name}")
    return HOLDS


def record(setting: Setting, command: str, names: Sequence[str], to: str, instance: str | None = None) -> int:
    """Record each pacticipant with the client's command of the same name.

    No request is repeated: another deployment may be recorded meanwhile, and a repetition would replace it.
    Raises: BrokerError that names the pacticipants recorded before.
    """
    setting.broker.link("self")
    done: list[str] = []
    for name in names:
        version = setting.version_of(name)
        doing = f"{command} of {name} {version} in {to}"
        words = [command, "--pacticipant", name, "--environment", to]
        words += ["--version", version] if command != "record-undeployment" else []
        words += ["--application-instance", instance] if instance else []
        if setting.dry_run:
            say(f"would be: {doing}")
            continue
        try:
            output = call(setting.connection, doing, *words, repeat=False)
            if output.returncode != 0:
                raise fault_in(output.text, doing, LOOK_FIRST)
        except BrokerError as error:
            raise error.after(f"recorded before that: {', '.join(done) or 'none'}") from error
        done.append(name)
        say(doing)
    return HOLDS
