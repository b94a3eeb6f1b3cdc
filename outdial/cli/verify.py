"""`outdial verify`: the pacts row by row, then the journeys of their consumers, which need more than one request."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from time import monotonic
from xml.etree.ElementTree import Element

from outdial.cli.journey_report import add_suite, entry, failed, summary
from outdial.cli.results import begun, end
from outdial.generation.clients import CLIENTS
from outdial.generation.journeys import JourneyResult, Places, play
from outdial.pact_files import Pact, read_pacts
from outdial.pact_files.selection import selects
from outdial.pact_files.shards import require_together
from outdial.tables import TABLES
from outdial.tables.journey import JOURNEYS, Journey, load_journeys, require_consumers
from outdial.verification import command as rows
from outdial.verification import report
from outdial.verification.deadline import deadline
from outdial.verification.gate import Gate
from outdial.verification.report import Finding
from outdial.verification.result_files import forget, require_own, write
from outdial.verification.stub_process import RunningStub, running_stub
from outdial.verification.target import BadAddress, require_address, target_at
from outdial.verification.verify import NothingToVerify


def add_options(parser: ArgumentParser) -> None:
    """Those of the rows, and where journeys are."""
    rows.add_options(parser)
    add_journeys(parser)
    parser.usage = "outdial verify [PACT ...] [options]"
    parser.add_argument("--login-url", metavar="URL", help="base URL of that provider's login host, for journeys")


def add_journeys(parser: ArgumentParser) -> None:
    """Which journeys there are."""
    parser.add_argument("--journeys", type=Path, default=JOURNEYS, metavar="DIR", help="folder of journeys")


def run(options: Namespace) -> int:
    """0 when every row and journey holds that decides, 1 when one does not.

    A journey is played where its consumer's pact with its provider is verified; of several machines, by one. Raises
    what the rows raise, `BadPact`, `BadResults`, `NoAnswer`, `NotTogether`, `Unfinished`; then there are no results.
    """
    if not options.shard:
        require_own(options, partial(rows.is_read, options))
        forget(options)
    require_together(options.shard, options.results, "--results", options.timings)
    findings: list[Finding] = []
    outcomes: list[JourneyResult] = []

    def done() -> str:
        return f"{len(findings)} rows verified, {len(outcomes)} journeys played; --deadline sets how long it may take"

    with deadline(options.deadline, done):
        return _run(options, findings, outcomes)


def _run(options: Namespace, findings: list[Finding], outcomes: list[JourneyResult]) -> int:
    started = monotonic()
    gate = rows.gate_of(options)
    pacts = read_pacts(options.named or options.pacts)
    providers = {pact.provider for pact in pacts}
    elsewhere = _elsewhere(options, sorted(providers))
    journeys = journeys_of(options, pacts)
    left = begun(options, pacts, journeys, gate) if options.shard else None
    journeys = [each for each in journeys if left is None or each.case_id in left.rows]
    nothing = None
    code = 0
    missing: dict[str, frozenset[str]] = {}
    with ExitStack() as stack:
        stub = cache(lambda: stack.enter_context(running_stub(options.policies)))  # one for rows and journeys
        try:
            code = rows.run(options, pacts, stub, findings, left)
            if left is None:
                rows.require_deciding(findings, gate)
        except NothingToVerify as problem:
            nothing = problem
            if not any(step.basis in gate.bases for journey in journeys for step in journey.steps):
                journeys = []
        seconds = monotonic() - started
        stopped = bool(code and options.exitfirst)
        if journeys and not stopped:
            places = elsewhere or _in(stub(), journeys)
            missing = {each.case_id: each.providers - places.urls.keys() for each in journeys}
            for journey in [each for each in journeys if not missing[each.case_id]]:
                outcomes.append(play(journey, places))
                if options.exitfirst and failed(outcomes[-1], gate):
                    stopped = True
                    break
    for name, without in missing.items():
        if without:
            print(f"not played: {name}, for lack of an address of {', '.join(sorted(without))} (--login-url)")
    code |= tell(outcomes, gate, options.verbose > 0)
    if left is None:
        write_results(options, findings, outcomes, gate, seconds)
    elif not stopped:
        end(options.results, left, outcomes, missing)
    if nothing and not outcomes:
        raise nothing
    return code


def journeys_of(options: Namespace, pacts: Sequence[Pact]) -> list[Journey]:
    """Those of the consumers of these pacts with their providers that are selected."""
    pairs = {(pact.consumer, pact.provider) for pact in pacts}
    providers = {provider for _, provider in pairs}
    journeys = load_journeys(CLIENTS, options.journeys, options.tables or TABLES, providers)
    require_consumers(journeys, rows.suite_beside(options) or ())
    return [
        each
        for each in journeys
        if (each.consumer, each.provider) in pairs and selects(options.expression, each.case_id)
    ]


def write_results(
    options: Namespace, findings: Sequence[Finding], outcomes: Sequence[JourneyResult], gate: Gate, seconds: float
) -> None:
    """What was found, as JSON and JUnit; what was only observed, in a file of its own too.

    `seconds` are of the rows.
    """
    if not findings and not outcomes:
        return
    suites = Element("testsuites")
    if findings:
        report.add_suite(suites, findings, seconds)
    if outcomes:
        add_suite(suites, outcomes, gate)
    observed = [report.entry(each) for each in findings if not each.gates]
    observed += [entry(each) for each in outcomes if each.basis not in gate.bases]
    all_of_it = [*map(report.entry, findings), *map(entry, outcomes)]
    contents = {options.json: report.as_json(all_of_it), options.junit: report.as_junit(suites)}
    write({**contents, **({options.observed: report.as_json(observed)} if observed else {})})


def tell(outcomes: Sequence[JourneyResult], gate: Gate, verbose: bool) -> int:
    """Print how journeys went. 1 when one is why it is not green."""
    for line in summary(outcomes, gate, verbose) if outcomes else ():
        print(line)
    return int(any(failed(each, gate) for each in outcomes))


def _elsewhere(options: Namespace, providers: Sequence[str]) -> Places | None:
    """Where a provider and its login host are said to be; None when nothing is said. Raises `BadAddress`."""
    target = target_at(options.provider_url, options.state_url, providers)
    login = options.login_url
    if login:
        require_address("--login-url", login)
        if target is None:
            raise BadAddress("--login-url goes together with --provider-url and --state-url")
    if target is None:
        return None
    urls = {provider: target.url_of(provider) for provider in providers}
    return Places(urls | {f"{each}-login": login for each in providers if login}, target.state_url)


def _in(stub: RunningStub, journeys: Sequence[Journey]) -> Places:
    """Where a stub serves the providers of journeys."""
    every = {provider for journey in journeys for provider in journey.providers}
    return Places({provider: f"{stub.url}/{provider}" for provider in every}, stub.state_url)
