"""`outdial verify`: the pacts row by row, then the journeys of their consumers, which need more than one request."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from consumer_tests.clients import CLIENTS
from consumer_tests.journey_report import add_to_json, add_to_junit, summary
from consumer_tests.journeys import Outcome, Places, play
from contracts.journey import JOURNEYS, Journey, load_journeys
from pact_files import read_pacts
from verification import command as rows
from verification.gate import Gate
from verification.selection import selects
from verification.stub_process import running_stub
from verification.target import BadAddress, target_at
from verification.verify import NothingToVerify

SECONDS = 600
"""For all journeys."""


def add_options(parser: ArgumentParser) -> None:
    """Those of the rows, and where journeys are."""
    rows.add_options(parser)
    parser.add_argument("--journeys", type=Path, default=JOURNEYS, metavar="DIR", help="folder of journeys")
    parser.add_argument("--login-url", metavar="URL", help="base URL of that provider's login host, for journeys")


def run(options: Namespace) -> int:
    """0 when every row and journey holds that decides, 1 when one does not. Raises what the rows raise, and `NoAnswer`.

    A journey is played where its consumer's pact with its provider is verified.
    """
    for earlier in (options.json, options.junit, options.observed):
        earlier.unlink(missing_ok=True)
    gate = Gate.read(options.gate or ("published" if options.provider_url else "all"))
    pairs = {(pact.consumer, pact.provider) for pact in read_pacts(options.named or options.pacts)}
    elsewhere = _elsewhere(options, [provider for _, provider in pairs])
    journeys = [
        each
        for each in load_journeys(CLIENTS, options.journeys, of={provider for _, provider in pairs})
        if (each.consumer, each.provider) in pairs and selects(options.expression, each.case_id)
    ]
    undecided = None
    code = 0
    try:
        code = rows.run(options)
    except NothingToVerify as nothing:
        if not any(step.basis in gate.bases for journey in journeys for step in journey.steps):
            raise
        undecided = nothing
    if code not in (0, 1) or not journeys or (code and options.exitfirst):
        return code
    with _places(elsewhere, options.policies, journeys) as places:
        playable = [each for each in journeys if each.providers <= places.urls.keys()]
        outcomes = list(_played(playable, places, options.exitfirst))
    for line in summary(outcomes, gate.bases, options.verbose > 0):
        print(line)
    for each in journeys:
        if missing := each.providers - places.urls.keys():
            print(f"not played: {each.case_id}, which needs {', '.join(sorted(missing))} (--login-url)")
    if undecided and not playable:
        raise undecided
    add_to_json(options.json, outcomes)
    add_to_junit(options.junit, outcomes, gate.bases)
    if observed := [each for each in outcomes if each.basis not in gate.bases]:
        add_to_json(options.observed, observed)
    return code or int(any(not each.passed and each.basis in gate.bases for each in outcomes))


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


def _played(journeys: Sequence[Journey], places: Places, first_only: bool) -> Iterator[Outcome]:
    until = monotonic() + SECONDS
    for each in journeys:
        yield (outcome := play(each, places, until))
        if first_only and not outcome.passed:
            return
