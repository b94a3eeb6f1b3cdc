"""`outdial pact`: generate the pacts, then verify them; with `--client` through a client of your own."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from outdial.api import verify
from outdial.cli.verify import JSON, JUNIT, seconds
from outdial.generation.client_process import CannotStart
from outdial.generation.command import generate, tables_in
from outdial.generation.own_client import generate as generate_through
from outdial.verification import report

CONSUMER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]*")


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    tables = "folder of decision tables; with --client also EDITION or EDITION/OPERATION"
    parser.add_argument("--tables", nargs="+", default=[], metavar="T", help=tables)
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="DIR", help="output (default: ./pacts)")
    parser.add_argument("-k", dest="rows", default="", metavar="EXPRESSION", help="play these rows, write nothing")
    own = parser.add_argument_group("a client of your own (docs/your-own-client.md)")
    own.add_argument("--client", metavar="COMMAND", help="plays the rows: a command, or module:function")
    own.add_argument("--consumer", type=_consumer, metavar="NAME", help="its name in the pacts")
    own.add_argument("--expects", type=Path, metavar="FILE", help="YAML: what it must say, and needs of an answer")
    own.add_argument("--seconds", type=seconds, default=10.0, metavar="N", help="to answer a row (default: 10)")
    parser.epilog = "example: outdial pact --consumer my-app --client './adapter' --tables genesys-cloud/place_call"


def run(options: Namespace) -> int:
    """Return the first exit code that is not 0. Raises what generation and verification raise."""
    report.prepare([JSON, JUNIT], [])  # results of other pacts would stay where this run ends before it verifies
    if options.client is None:
        print("play: each row through its client")
        code = generate(tables_in(options.tables), options.pacts, options.rows)
        return code or _verified([options.pacts])
    if options.consumer is None:
        raise CannotStart("--client needs --consumer: the name of your application in its pacts")
    written = generate_through(
        options.client, options.consumer, options.tables, options.pacts, rows=options.rows, expects=options.expects,
        seconds=options.seconds,
    )  # fmt: skip
    return 1 if written is None else _verified(written) if written else 0


def _verified(pacts: Sequence[Path]) -> int:
    print("verify: each interaction against the stub")
    done = verify(pacts, on_phase=lambda phase: print(f"{phase}: several requests each, against the stub"))
    for line in report.summary(done):
        print(line)
    report.write(done, JSON, JUNIT)
    return 0 if done.passed else 1


def _consumer(text: str) -> str:
    if not CONSUMER.fullmatch(text):
        raise ArgumentTypeError(f"invalid name {text!r}: expected letters, digits, space, _ . -")
    return text
