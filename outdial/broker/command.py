"""`outdial broker`: commands for a Pact Broker or PactFlow, and for a broker on this machine."""

from argparse import ArgumentParser, Namespace

from outdial.broker import can_i_deploy, local, publish, record, verify

COMMANDS = {
    "publish": (publish, "publish the pacts under the version of their commit"),
    "verify": (verify, "verify the broker's pacts and record the results there"),
    "can-i-deploy": (can_i_deploy, "pass only when the broker says yes"),
    "create-environment": (record, "create an environment, unless it exists"),
    "record-deployment": (record, "record that a version runs in an environment"),
    "record-release": (record, "record that a version is released in an environment"),
    "record-undeployment": (record, "record that a version no longer runs in an environment"),
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
        inner.set_defaults(run_command=module.run, command=name)
        module.add_options(inner)
    for name, meaning in LOCAL.items():
        inner = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        inner.set_defaults(run_command=local.run, action=name)


def run(options: Namespace) -> int:
    """Run the chosen command."""
    return int(options.run_command(options))
