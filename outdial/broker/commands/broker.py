"""`outdial broker`: everything at a Pact Broker or PactFlow, and a broker on this machine."""

from argparse import ArgumentParser, Namespace

from outdial.broker.commands import can_i_deploy, create_environment, publish, record, verify
from outdial.broker.laptop import ACTIONS, manage

COMMANDS = {
    "publish": (publish, "publish the pacts under the version of their commit"),
    "verify": (verify, "verify the broker's pacts and record the results there"),
    "can-i-deploy": (can_i_deploy, "pass only when the broker says yes"),
    "create-environment": (create_environment, "create an environment, unless it exists"),
    "record-deployment": (record, "record that a version runs in an environment"),
    "record-release": (record, "record that a version is released in an environment"),
    "record-undeployment": (record, "record that nothing of it runs in an environment any more"),
}
LOCAL = {
    "start": "start a Pact Broker on this machine, with Docker",
    "stop": "stop it; its data is kept",
    "reset": "stop it and delete its data",
}


def add_options(parser: ArgumentParser) -> None:
    """Add a parser for each command of the group."""
    parser.epilog = "example: outdial broker publish --broker-base-url https://broker.example"
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, meaning) in COMMANDS.items():
        inner = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        module.add_options(inner)
        inner.set_defaults(run_command=module.run)
    for name in ACTIONS:
        inner = commands.add_parser(name, help=LOCAL[name], description=f"{LOCAL[name][0].upper()}{LOCAL[name][1:]}.")
        inner.set_defaults(run_command=_manage, action=name)


def run(options: Namespace) -> int:
    """Run the chosen command."""
    return int(options.run_command(options))


def _manage(options: Namespace) -> int:
    return manage(options.action)
