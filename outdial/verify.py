"""`outdial verify`: the pacts row by row, then the journeys of their consumers, which need more than one request."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from consumer_tests.clients import CLIENTS
from consumer_tests.journeys import Outcome, Places, play
from contracts import TABLES
from contracts.journey import JOURNEYS, Journey, load_journeys
from outdial.journey_report import add_to_json, add_to_junit, failed, summary
from pact_files import read_pacts
from verification import command as rows
from verification.deadline import deadline
from verification.gate import Gate
from verification.selection import selects
from verification.stub_process import running_stub
from verification.target import BadAddress, target_at
from verification.verify import NothingToVerify


def add_options(parser: ArgumentParser) -> None:
    """Those of the rows, and where journeys are."""
    rows.add_options(parser)
    parser.usage = "outdial verify [PACT ...] [options]"
    parser.add_argument("--journeys", type=Path, default=JOURNEYS, metavar="DIR", help="folder of journeys")
    parser.add_argument("--login-url", metavar="URL", help="base URL of that provider's login host, for journeys")


def run(options: Namespace) -> int:
    """0 when every row and journey holds that decides, 1 when one does not. Raises what the rows raise, and `NoAnswer`.

    A journey is played where its consumer's pact with its provider is verified.
    """
    started = monotonic()
    with ExitStack() as each:  # the others also where one cannot be
        for earlier in (options.json, options.junit, options.observed):
            each.callback(earlier.unlink, missing_ok=True)
    gate = Gate.read(options.gate or ("published" if options.provider_url else "all"))
    pairs = {(pact.consumer, pact.provider) for pact in read_pacts(options.named or options.pacts)}
    providers = {provider for _, provider in pairs}
    elsewhere = _elsewhere(options, sorted(providers))
    journeys = [
        each
        for each in load_journeys(CLIENTS, options.journeys, options.tables or TABLES, providers)
        if (each.consumer, each.provider) in pairs and selects(options.expression, each.case_id)
    ]
    nothing = None
    code = 0
    try:
        code = rows.run(options)
    except NothingToVerify as problem:
        if not any(step.basis in gate.bases for journey in journeys for step in journey.steps):
            raise
        nothing = problem
    if not journeys or (code and options.exitfirst):
        return code
    outcomes: list[Outcome] = []
    left = max(options.deadline - (monotonic() - started), 1)
    with (
        deadline(left, lambda: f"{len(outcomes)} journeys played; --deadline sets how long it may take"),
        _places(elsewhere, options.policies, journeys) as places,
    ):
        missing = {each.case_id: each.providers - places.urls.keys() for each in journeys}
        for journey in [each for each in journeys if not missing[each.case_id]]:
            outcomes.append(play(journey, places))
            if options.exitfirst and failed(outcomes[-1], gate):
                break
    for line in summary(outcomes, gate, options.verbose > 0):
        print(line)
    for name, without in missing.items():
        if without:
            print(f"not played: {name}, for lack of an address of {', '.join(sorted(without))} (--login-url)")
    if nothing and not outcomes:
        raise nothing
    add_to_json(options.json, outcomes)
    add_to_junit(options.junit, outcomes, gate)
    if observed := [each for each in outcomes if each.basis not in gate.bases]:
        add_to_json(options.observed, observed)
    return code or int(any(failed(each, gate) for each in outcomes))


def _elsewhere(options: Namespace, providers: Sequence[str]) -> Places | None:
    """Where a provider and its login host are said to be; None when nothing is said. Raises `BadAddress`."""
    target = target_at(options.provider_url, options.state_url, providers)
    login = options.login_url
    if login and (target is None or not login.startswith(("http://", "https://"))):
        raise BadAddress(f"--login-url {login!r} is an address in full, beside --provider-url and --state-url")
    if target is None:
        return None
    urls = {provider: target.url_of(provider) for provider in providers}
    return Places(urls | {f"{each}-login": login for each in providers if login}, target.state_url)


@contextmanager
def _places(elsewhere: Places | None, policies: Path, journeys: Sequence[Journey]) -> Iterator[Places]:
    """Where the providers of journeys are: where the options say, or in a stub of their own."""
    if elsewhere:
        yield elsewhere
        return
    with running_stub(policies) as stub:
        every = {provider for journey in journeys for provider in journey.providers}
        yield Places({provider: f"{stub.url}/{provider}" for provider in every}, stub.state_url)
