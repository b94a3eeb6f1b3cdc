"""`python -m broker COMMAND`: publish, verify, can-i-deploy, record-deployment, start.

Exit codes: 0 ok; 1 the answer is no; 2 it could not be asked (configuration, broker or network).
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from broker import gate, laptop
from broker.build import Build, refuse_uncommitted
from broker.connection import Connection
from broker.deployment import record_deployment
from broker.outcome import BrokerError, ExitCode
from broker.pact_files import PactFile, pact_files
from broker.preflight import require_broker
from broker.provider_target import provider_target
from broker.publish import publish
from broker.verification_request import Request, Selector
from broker.verify import SELECTORS, verify

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        if arguments.command == "start":
            return laptop.start(ROOT / "compose.yaml")
        return run(arguments)
    except BrokerError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.code


def run(arguments: argparse.Namespace) -> ExitCode:
    connection = Connection.from_environment(os.environ)
    build = Build.detect(os.environ, Path.cwd())
    pacts = pact_files(arguments.pacts)
    if arguments.command == "publish" or (arguments.command == "verify" and arguments.publish_results):
        refuse_uncommitted(os.environ, Path.cwd(), arguments.pacts)
    require_broker(connection)
    if arguments.command == "publish":
        publish(connection, build, pacts)
        return ExitCode.OK
    if arguments.command == "verify":
        return _verify(connection, build, pacts, arguments)
    if arguments.command == "can-i-deploy":
        questions = _questions(pacts, arguments.pacticipant, build.version, arguments.to)
        return gate.can_i_deploy(connection, questions, arguments.output)
    names = arguments.pacticipant or sorted({pact.consumer for pact in pacts})
    record_deployment(connection, names, build.version, arguments.to)
    return ExitCode.OK


def _verify(connection: Connection, build: Build, pacts: list[PactFile], arguments: argparse.Namespace) -> ExitCode:
    providers = arguments.provider or sorted({pact.provider for pact in pacts})
    wip = arguments.wip_since
    extra: list[Selector] = [{"branch": name} for name in arguments.consumer_branch]
    with provider_target(providers, arguments.provider_url, arguments.state_url) as target:
        requests = [
            Request(
                provider=provider,
                provider_url=target.url_of(provider),
                state_url=target.state_url,
                version=arguments.provider_version or build.version,
                branch=arguments.provider_branch or build.branch,
                build_url=build.url,
                selectors=SELECTORS + extra,
                publish_results=arguments.publish_results,
                include_pending=arguments.pending or wip is not None,
                include_wip_since=wip.isoformat() if wip else None,
            )
            for provider in providers
        ]
        return verify(connection, requests)


def _questions(pacts: list[PactFile], named: list[str], version: str, environment: str | None) -> list[gate.Question]:
    """One per pacticipant; without an environment, each consumer with its providers at this version."""
    if environment or named:
        names = named or sorted({pact.consumer for pact in pacts})
        return [gate.Question(((name, version),), environment) for name in names]
    providers: dict[str, list[str]] = {}
    for pact in pacts:
        providers.setdefault(pact.consumer, []).append(pact.provider)
    return [
        gate.Question(tuple((name, version) for name in (consumer, *together)), None)
        for consumer, together in providers.items()
    ]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m broker", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("start", help="a broker on this machine, with Docker")

    publishing = commands.add_parser("publish", help="publish every pact under the commit's version")
    verifying = commands.add_parser("verify", help="verify what the broker offers and record the results")
    gating = commands.add_parser("can-i-deploy", help="pass only when the broker says yes")
    recording = commands.add_parser("record-deployment", help="tell the broker what runs where")
    for command in (publishing, verifying, gating, recording):
        command.add_argument("--pacts", type=Path, default=Path("pacts"), help="the folder of pacts")

    verifying.add_argument("--provider", action="append", help="only this provider; default: all that pacts name")
    verifying.add_argument("--provider-url", help="your own provider instead of the stub")
    verifying.add_argument("--state-url", help="its provider states, answering values to inject")
    verifying.add_argument("--provider-version", help="default: the commit")
    verifying.add_argument("--provider-branch", help="default: the branch")
    verifying.add_argument("--consumer-branch", action="append", default=[], help="also this consumer branch")
    verifying.add_argument("--pending", action="store_true", help="new pacts may fail without failing this")
    verifying.add_argument("--wip-since", type=date.fromisoformat, help="also work in progress since YYYY-MM-DD")
    verifying.add_argument("--no-publish", dest="publish_results", action="store_false", help="record nothing")

    gating.add_argument("--output", choices=gate.FORMATS, default="table")
    for command in (gating, recording):
        command.add_argument("--to", required=command is recording, help="the environment, e.g. production")
        command.add_argument("--pacticipant", action="append", default=[], help="default: the consumers in pacts/")
    return top


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in a CI log, what was done comes before what failed
    sys.exit(main())
