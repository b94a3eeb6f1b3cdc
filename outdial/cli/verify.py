"""`outdial verify`: verify pacts, and play journeys, against the stub or any provider."""

import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from outdial.api import verify
from outdial.pact_files import PACTS
from outdial.pact_files.shards import Shard
from outdial.provider import POLICIES
from outdial.verification import journeys, report
from outdial.verification.report import Finding
from outdial.verification.result_files import forget, require_own, write
from outdial.verification.run import Verification, evidence

BUILD = Path("build")
FILES = {
    "json": BUILD / "verification.json",
    "junit": BUILD / "verification.xml",
    "observed": BUILD / "observed.json",
}


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
    parser.add_argument(
        "--gate", metavar="BASES", help="bases that decide (default: all; elsewhere published,observed)"
    )
    parser.add_argument("-k", dest="select", default="", metavar="EXPRESSION", help="only rows like this, as in pytest")
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first row that does not hold")
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="of each answer (default: 60)")
    parser.add_argument("--deadline", type=seconds, default=600.0, metavar="SECONDS", help="of the run (default: 600)")
    parser.add_argument("--shard", type=Shard.read, metavar="I/N", help="every N-th row; auto asks the CI")
    parser.add_argument("--json", type=Path, default=FILES["json"], metavar="FILE", help="results as JSON")
    parser.add_argument("--junit", type=Path, default=FILES["junit"], metavar="FILE", help="results as JUnit")
    parser.add_argument("--junitxml", dest="junit", type=Path, default=SUPPRESS, help=SUPPRESS)  # pytest's name for it
    parser.add_argument(
        "--observed", type=Path, default=FILES["observed"], metavar="FILE", help="rows outside the gate"
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="a line for each row")
    parser.add_argument("--durations", type=int, default=0, metavar="N", help="the N slowest rows")
    parser.epilog = "example: outdial verify pacts/outdial-genesys-cloud.json -k no-station"


def run(options: Namespace) -> int:
    """Return 0 when every row and journey that decides holds, 1 when one does not. Raises what `verify` raises."""
    pacts = options.named or options.pacts
    files = {name: getattr(options, name) for name in FILES}
    read = [*pacts, *filter(None, [options.tables]), options.policies]
    require_own(files, lambda path: _is_read(path, read))
    forget(files)
    terminal = Terminal(options.verbose > 0)
    try:
        done = verify(
            pacts, options.provider_url, options.state_url, login_url=options.login_url, tables=options.tables,
            policies=options.policies, gate=options.gate, select=options.select, shard=options.shard,
            exit_first=options.exitfirst, timeout=options.timeout, deadline=options.deadline, on_finding=terminal.add,
        )  # fmt: skip
    finally:
        terminal.clear()
    tell(done, options.select, options.durations, options.verbose > 0)
    write_results(done, files)
    return 0 if done.passed else 1


def tell(done: Verification, select: str = "", slowest: int = 0, verbose: bool = False) -> None:
    """Print the results."""
    for note in done.notes:
        print(note)
    if select:
        print(f"{done.selected} of {done.rows} rows selected")
    for line in report.summary(done.findings, done.seconds, slowest):
        print(line)
    if done.never:
        print(f"{done.never} rows skipped: no organisation can arrange their state, so only our stub plays them")
    for line in journeys.summary(done.journeys, verbose) if done.journeys else ():
        print(line)
    for line in evidence(done.findings):
        print(line)


def write_results(done: Verification, files: Mapping[str, Path]) -> None:
    """Write JSON and JUnit; rows outside the gate also into a file of their own."""
    suites = Element("testsuites")
    report.add_suite(suites, done.findings, done.seconds)
    if done.journeys:
        journeys.add_suite(suites, done.journeys)
    entries = [*map(report.entry, done.findings), *(each.entry for each in done.journeys)]
    observed = [report.entry(each) for each in done.findings if not each.gates]
    observed += [each.entry for each in done.journeys if not each.gates]
    contents = {files["json"]: report.as_json(entries), files["junit"]: report.as_junit(suites)}
    write({**contents, **({files["observed"]: report.as_json(observed)} if observed else {})})


class Terminal:
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


def _is_read(path: Path, read: Sequence[Path]) -> bool:
    """Return whether a run reads this file."""
    path, known = path.resolve(), [each.resolve() for each in read]
    inside = path.suffix in (".json", ".yaml") and any(each.is_dir() and path.is_relative_to(each) for each in known)
    return path in known or inside
