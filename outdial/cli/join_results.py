"""`outdial join-results`: one answer from what several machines have verified."""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from outdial.cli import verify
from outdial.cli.results import read_outcomes
from outdial.pact_files import read_pacts
from outdial.pact_files.shards import BadShards, digest, gathered, gathered_timings, write_timings
from outdial.verification import command as rows
from outdial.verification.gate import Gate
from outdial.verification.result_files import forget, require_own
from outdial.verification.results import ROWS, name_of, read_findings


def add_options(parser: ArgumentParser) -> None:
    """What the machines left, and where it is told; which rows decide they were told."""
    parser.add_argument("shards", nargs="+", type=Path, metavar="DIR", help="what a machine left; every one is named")
    rows.add_result_options(parser)
    verify.add_journeys(parser)
    parser.add_argument("--timings", type=Path, metavar="FILE", help="also seconds of each row, for the next split")
    parser.epilog = "example: outdial join-results results/*"


def run(options: Namespace) -> int:
    """0 when every row and journey of every machine holds that decides, 1 when one does not.

    Raises `BadPact`, `BadShards`, `DocumentError`, `NothingToVerify`; without the whole run there are no results.
    """
    require_own(options, partial(rows.is_read, options))
    forget(options)
    machines = gathered(options.shards, "results")
    saw = next(iter(machines.values())).saw
    pacts = read_pacts(options.pacts)
    for name, here in (("pacts", digest(*(pact.path for pact in pacts))), ("journeys", digest(options.journeys))):
        if saw[name] != here:
            raise BadShards(f"the {name} here are not those that the machines saw; check out their commit")
    gate = Gate.read(saw["--gate"])
    options.expression = saw["-k"]
    findings = read_findings(list(machines), pacts, gate)
    split = {row for left in machines.values() for row, file in left.rows.items() if file == ROWS}
    if lost := split - {name_of(each.about) for each in findings}:
        raise BadShards(f"{len(lost)} rows have no result, the first: {min(lost)}")
    outcomes = read_outcomes(machines, verify.journeys_of(options, pacts))
    seconds = sum(each.result.seconds for each in findings)
    code = rows.tell(findings, seconds, options.durations) if findings or not outcomes else 0
    code |= verify.tell(outcomes, gate, options.verbose > 0)
    verify.write_results(options, findings, outcomes, gate, seconds)
    if not outcomes:
        rows.require_deciding(findings, gate)
    if options.timings:
        write_timings(options.timings, gathered_timings(machines))
    return code
