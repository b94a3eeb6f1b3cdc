"""`outdial broker verify`: verify what the broker offers and record the results there."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise

from outdial.broker import verify
from outdial.broker.console import say
from outdial.broker.offers import Offer, Selection, fetched, offered, pact_of_version
from outdial.broker.outcome import BrokerError, ExitCode
from outdial.broker.setting import Setting, add_setting, find_setting
from outdial.verification.target import Target, target_at


def add_options(parser: ArgumentParser) -> None:
    """Which pacts of which provider."""
    add_setting(parser)
    parser.add_argument("--provider", action="append", metavar="NAME", help="only this one (default: all of the pacts)")
    parser.add_argument("--provider-url", metavar="URL", help="your own provider instead of the stub")
    parser.add_argument("--state-url", metavar="URL", help="its provider states, answering values to inject")
    parser.add_argument("--pact-url", metavar="URL", help="only this pact, as a webhook hands it over")
    parser.add_argument("--consumer-branch", action="append", default=[], metavar="B", help="also this branch")
    parser.add_argument("--pending", action="store_true", help="new pacts may fail without failing this")
    parser.add_argument("--wip-since", type=date.fromisoformat, metavar="DATE", help="also work in progress")
    parser.epilog = "example: outdial broker verify --provider genesys-cloud --consumer-branch main --dry-run"


def run(options: Namespace) -> int:
    """Verify what is selected, print how it went, record it."""
    setting = find_setting(options, committed=True)
    laps = [time.monotonic()]
    pacts = fetched(setting.broker, _offers(setting, options))
    laps.append(time.monotonic())
    if not pacts:
        raise BrokerError(
            f"the broker holds no pact of {options.pact_url or options.consumer_version}",
            "publish it first: `outdial broker publish`",
            exit_code=ExitCode.NOTHING,
        )
    versions = {pact.provider: _provider_version(setting, options, pact.provider) for pact in pacts}
    with _target(options, list(versions)) as target:
        outcomes = verify.verified(pacts, versions, target, setting.broker.seconds_left())
    laps.append(time.monotonic())
    code = verify.report(outcomes)
    if options.dry_run:
        say("dry run: no result is recorded")
        return code
    try:
        verify.record(setting.broker, outcomes, setting.build.branch, setting.build.url)
    except BrokerError as error:
        if code is not ExitCode.OK:
            error.exit_code = code  # the verdict stands; that the broker does not know it is said as well
        raise
    laps.append(time.monotonic())
    spent = [f"{after - before:.1f} s" for before, after in pairwise(laps)]
    say("asked and fetched {}, verified {}, recorded {}".format(*spent))
    return code


def _offers(setting: Setting, options: Namespace) -> list[Offer]:
    """One pact, or one consumer version; otherwise what the broker selects, and this commit's own pacts.

    When two commits are in flight on a branch, the selectors find the newer one only.
    """
    if options.pact_url:
        return [Offer(options.pact_url, "given by its URL")]
    providers = options.provider or setting.providers
    ours = [] if options.provider and not setting.pacts_folder.is_dir() else setting.pacts
    own = [
        pact_of_version(setting.broker, pact.consumer, setting.build.version, pact.provider)
        for pact in ours
        if pact.provider in providers
    ]
    if options.consumer_version:
        return own
    selection = Selection(setting.build.branch, options.consumer_branch, options.pending, options.wip_since)
    found = {provider: offered(setting.broker, provider, selection) for provider in providers}
    unselected = [name for name, offers in found.items() if not offers]
    published = {pact.provider for pact in fetched(setting.broker, own)} if unselected else set()
    if missing := [name for name in unselected if name not in published]:
        raise BrokerError(
            f"the broker has no pact for {', '.join(missing)} that matches {selection}",
            "`outdial broker publish` first. If it is published: is its branch the consumer's main branch "
            "(`outdial broker publish --main-branch NAME` says so), deployed or released anywhere, or named as this "
            "provider's? `--consumer-branch NAME` selects another branch, `--consumer-version V` one version",
            exit_code=ExitCode.NOTHING,
        )
    return [offer for offers in found.values() for offer in offers] + own


def _provider_version(setting: Setting, options: Namespace, provider: str) -> str:
    """A provider of the user's own is built from this commit."""
    own = options.provider_version or setting.build.version
    return own if options.provider_url else setting.version_of(provider)


@contextmanager
def _target(options: Namespace, providers: list[str]) -> Iterator[Target]:
    """Where the providers are: the addresses given, or the stub, which runs only inside this context."""
    if given := target_at(options.provider_url, options.state_url, providers):
        yield given
        return
    # loads the stub and the contracts, which the other commands can do without
    from outdial.verification.stub_process import running_stub

    with running_stub(options.policies) as stub:
        yield stub.target
