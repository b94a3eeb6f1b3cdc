"""`outdial broker`: commands for a Pact Broker or PactFlow, with the official client's names of options."""

import os
from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path

from outdial.broker.build import detect, refuse_uncommitted
from outdial.broker.connection import Connection
from outdial.broker.errors import unusable
from outdial.broker.official_client import can_i_deploy, create_environment, publish, record
from outdial.broker.setting import Setting
from outdial.broker.verify import verify_pacts
from outdial.provider import POLICIES

COMMANDS = {
    "publish": "publish the pacts under the version of their commit",
    "verify": "verify the broker's pacts and record the results there",
    "can-i-deploy": "pass only when the broker says yes",
    "create-environment": "create an environment, unless it exists",
    "record-deployment": "record that a version runs in an environment",
    "record-release": "record that a version is released in an environment",
    "record-undeployment": "record that a version no longer runs in an environment",
}
EXAMPLES = {
    "publish": "--main-branch trunk",
    "verify": "--provider genesys-cloud --consumer-branch main --dry-run",
    "create-environment": "--name production --production",
}
CONNECTION = (  # the official client's options, with its variables
    ("-b", "--broker-base-url", "PACT_BROKER_BASE_URL"),
    ("-u", "--broker-username", "PACT_BROKER_USERNAME"),
    ("-p", "--broker-password", "PACT_BROKER_PASSWORD"),
    ("-k", "--broker-token", "PACT_BROKER_TOKEN"),
)


def add_options(parser: ArgumentParser) -> None:
    """Add a parser for each command of the group."""
    parser.epilog = "example: outdial broker publish --broker-base-url https://broker.example"
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    for name, meaning in COMMANDS.items():
        inner = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        inner.usage = "%(prog)s [options]"
        inner.epilog = f"example: outdial broker {name} {EXAMPLES.get(name, '--to production')}"
        _add_common(inner, ["-a"] if name == "publish" else [])
        if name == "publish":
            inner.add_argument("pact", nargs="?", type=Path, help="pact file or folder, instead of --pacts")
            inner.add_argument("-t", "--tag", action="append", default=[], metavar="NAME", help="also tag the versions")
            inner.add_argument("--main-branch", metavar="NAME", help="the main branch of every pacticipant")
            inner.add_argument("-r", "--auto-detect-version-properties", action="store_true", help="always on")
        elif name == "verify":
            _add_verify(inner)
        elif name == "create-environment":
            inner.add_argument("--name", required=True, metavar="ENVIRONMENT", help="its name, as in --to")
            inner.add_argument("--production", action="store_true", help="mark it as production")
        else:
            _add_record(inner, ask=name == "can-i-deploy")


def _add_common(parser: ArgumentParser, short: list[str]) -> None:
    for letter, name, variable in CONNECTION:
        parser.add_argument(letter, name, metavar="V", help=f"[env: {variable}]", dest=variable)
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="FOLDER", help="default: ./pacts")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="FOLDER", help="the stub's policies")
    names = [*short, "--consumer-app-version", "--consumer-version"]
    parser.add_argument(*names, dest="consumer_version", metavar="V", help="default: the commit [env: OUTDIAL_VERSION]")
    parser.add_argument("--provider-version", metavar="V", help="default: its policy's (docs/broker.md)")
    parser.add_argument("--branch", metavar="NAME", help="default: git's or the CI's [env: OUTDIAL_BRANCH]")
    parser.add_argument("--build-url", metavar="URL", help="default: the CI's [env: OUTDIAL_BUILD_URL]")
    parser.add_argument("--dry-run", action="store_true", help="record nothing, print what would be recorded")


def _add_verify(parser: ArgumentParser) -> None:
    parser.add_argument("--provider", action="append", default=[], metavar="NAME", help="only this one (default: all)")
    parser.add_argument("--provider-url", metavar="URL", help="your own provider instead of the stub")
    parser.add_argument("--state-url", metavar="URL", help="its provider states, which return values to inject")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="of each answer (default: 60)")
    parser.add_argument("--deadline", type=float, default=300.0, metavar="SECONDS", help="of the run (default: 300)")
    parser.add_argument("--pact-url", metavar="URL", help="only this pact, as a webhook names it")
    parser.add_argument("--consumer-branch", action="append", default=[], metavar="B", help="also this branch")
    parser.add_argument("--pending", action="store_true", help="let pending pacts fail without failing the command")
    parser.add_argument("--wip-since", type=date.fromisoformat, metavar="DATE", help="also work in progress")


def _add_record(parser: ArgumentParser, *, ask: bool) -> None:
    names = "default: the consumers of the pacts"
    parser.add_argument("-a", "--pacticipant", action="append", metavar="NAME", help=names)
    parser.add_argument("-e", "--version", metavar="V", help="version of the pacticipant (default: as published here)")
    parser.add_argument("--providers", action="store_true", help="the providers of the pacts instead")
    if not ask:
        parser.add_argument("--to", "--environment", required=True, metavar="ENVIRONMENT", help="environment")
        parser.add_argument("--application-instance", metavar="NAME", help="one of several in the environment")
        return
    to = "environment (default: none; each pact's consumer and provider are asked for together)"
    parser.add_argument("--to", "--to-environment", metavar="ENVIRONMENT", help=to)
    parser.add_argument("--retry-while-unknown", type=int, default=0, metavar="TIMES", help="ask again (default: 0)")
    parser.add_argument("--retry-interval", type=int, default=10, metavar="SECONDS", help="pause (default: 10)")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")


def run(options: Namespace) -> int:
    """Run the chosen command. Raises `BrokerError`, `BadPact`, `BadAddress`."""
    command, setting = options.command, _setting(options)
    if command == "publish":
        return publish(setting, options.tag, options.main_branch)
    if command == "verify":
        return verify_pacts(setting, options)
    if command == "create-environment":
        return create_environment(setting, options.name, options.production)
    if options.pacticipant and options.providers:
        raise unusable("--pacticipant and --providers are both given", "give one of them")
    names = options.pacticipant or (setting.providers if options.providers else setting.consumers)
    return can_i_deploy(setting, names, options) if command == "can-i-deploy" else record(setting, names, options)


def _setting(options: Namespace) -> Setting:
    """Read options, environment and work tree; publish and verify refuse uncommitted changes. Raises: BrokerError."""
    pacts = getattr(options, "pact", None) or options.pacts
    given = {name: value for _, _, name in CONNECTION if (value := getattr(options, name))}
    version = getattr(options, "version", None)  # of the pacticipant
    chosen = {"VERSION": version or options.consumer_version, "BRANCH": options.branch}
    chosen |= {"BUILD_URL": options.build_url}
    connection, build = Connection.from_environment(os.environ | given), detect(os.environ, Path.cwd(), chosen)
    if options.command in ("publish", "verify") and not options.dry_run:
        refuse_uncommitted(os.environ, Path.cwd(), pacts)
    provider_version = version or options.provider_version
    return Setting(connection, build, pacts, options.policies, provider_version, options.dry_run)
