"""`outdial verify`: verify pacts, and play journeys, against the stub or any provider."""

import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from outdial.api import verify
from outdial.pact_files import PACTS
from outdial.pact_files.shards import Shard
from outdial.provider import POLICIES
from outdial.verification import report
from outdial.verification.result import Finding

JSON, JUNIT = Path("build/verification.json"), Path("build/verification.xml")


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.usage = "outdial verify [PACT ...] [options]"
    parser.add_argument("named", nargs="*", type=Path, metavar="PACT", help="pact files, or folders of them")
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="P", help="the same, as an option")
    parser.add_argument("--tables", type=Path, metavar="DIR", help="tables that the pacts must be complete for")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="policies of the stub")
    parser.add_argument("--provider-url", metavar="URL", help="base URL of your own provider (default: the stub)")
    parser.add_argument("--state-url", metavar="URL", help="URL that sets up its provider states")
    parser.add_argument("--login-url", metavar="URL", help="base URL of its login host, for journeys")
    gate = "bases that decide (default: all; elsewhere published,observed)"
    parser.add_argument("--gate", metavar="BASES", help=gate)
    parser.add_argument("-k", dest="select", default="", metavar="EXPRESSION", help="only rows like this, as in pytest")
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first row that does not hold")
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="of each answer (default: 60)")
    parser.add_argument("--deadline", type=seconds, default=600.0, metavar="SECONDS", help="of the run (default: 600)")
    parser.add_argument("--shard", type=Shard.read, metavar="I/N", help="every N-th row; auto asks the CI")
    parser.add_argument("--json", type=Path, default=JSON, metavar="FILE", help=f"results (default: {JSON})")
    parser.add_argument("--junit", type=Path, default=JUNIT, metavar="FILE", help=f"results (default: {JUNIT})")
    parser.add_argument("--junitxml", dest="junit", type=Path, default=SUPPRESS, help=SUPPRESS)  # pytest's name for it
    parser.add_argument("-v", "--verbose", action="count", default=0, help="a line for each row")
    parser.add_argument("--durations", type=int, default=0, metavar="N", help="the N slowest rows")
    parser.epilog = "example: outdial verify pacts/outdial-genesys-cloud.json -k no-station"


def run(options: Namespace) -> int:
    """Return 0 when every row and journey that decides holds, 1 when one does not. Raises what `verify` raises."""
    pacts = options.named or options.pacts
    report.prepare([options.json, options.junit], [*pacts, *filter(None, [options.tables]), options.policies])
    progress = Progress(verbose=options.verbose > 0)
    try:
        done = verify(
            pacts, options.provider_url, options.state_url, login_url=options.login_url, tables=options.tables,
            policies=options.policies, gate=options.gate, select=options.select, shard=options.shard,
            exit_first=options.exitfirst, timeout=options.timeout, deadline=options.deadline, on_finding=progress.add,
        )  # fmt: skip
    finally:
        progress.clear()
    for line in report.summary(done, options.durations, options.verbose > 0):
        print(line)
    report.write(done, options.json, options.junit)
    return 0 if done.passed else 1


class Progress:
    """Progress on the terminal: one line, written over; a line for each row with `verbose`."""

    def __init__(self, verbose: bool) -> None:
        self._verbose, self._live = verbose, sys.stdout.isatty() and not verbose
        self._done = self._failed = 0

    def add(self, finding: Finding, total: int) -> None:
        """Show one more row."""
        self._done += 1
        self._failed += finding.failed
        if self._verbose:
            print(report.line(finding))
        if self._live:
            print(f"\r{self._done} of {total} verified, {self._failed} do not hold\x1b[K", end="", flush=True)

    def clear(self) -> None:
        """Remove the progress line."""
        if self._live:
            print("\r\x1b[K", end="", flush=True)


def seconds(text: str) -> float:
    """Return a number of seconds. Raises `ArgumentTypeError`."""
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 0 < found < 1e6:
        raise ArgumentTypeError(f"invalid seconds {text!r}: expected a number above 0, for example 60")
    return found
