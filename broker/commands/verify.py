"""`outdial verify-broker`: verify what the broker offers and record the results there."""

from argparse import ArgumentParser, Namespace
from datetime import date

from broker.provider_target import provider_target
from broker.setting import add_pacts, find_setting
from broker.verification_request import Request
from broker.verify import SELECTORS, verify
from verification.verifier import Selector


def add_options(parser: ArgumentParser) -> None:
    """Which pacts of which provider, and whether results are recorded."""
    add_pacts(parser)
    parser.add_argument("--provider", action="append", metavar="NAME", help="only this one (default: all in --pacts)")
    parser.add_argument("--provider-url", metavar="URL", help="your own provider instead of the stub")
    parser.add_argument("--state-url", metavar="URL", help="its provider states, answering values to inject")
    parser.add_argument("--provider-version", metavar="VERSION", help="default: the commit")
    parser.add_argument("--provider-branch", metavar="NAME", help="default: the branch")
    parser.add_argument("--consumer-branch", action="append", default=[], metavar="NAME", help="also this branch")
    parser.add_argument("--pending", action="store_true", help="new pacts may fail without failing this")
    parser.add_argument("--wip-since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="also work in progress")
    parser.add_argument("--no-publish", dest="publish_results", action="store_false", help="record nothing")
    parser.epilog = "example: outdial verify-broker --provider genesys-cloud --consumer-branch main --no-publish"


def run(options: Namespace) -> int:
    """Verify every provider that is named."""
    setting = find_setting(options, committed=options.publish_results)
    providers = options.provider or setting.providers
    wip: date | None = options.wip_since
    extra: list[Selector] = [{"branch": name} for name in options.consumer_branch]
    with provider_target(providers, options.provider_url, options.state_url) as target:
        requests = [
            Request(
                provider=provider,
                provider_url=target.url_of(provider),
                state_url=target.state_url,
                version=options.provider_version or setting.build.version,
                branch=options.provider_branch or setting.build.branch,
                build_url=setting.build.url,
                selectors=SELECTORS + extra,
                publish_results=options.publish_results,
                include_pending=options.pending or wip is not None,
                include_wip_since=wip.isoformat() if wip else None,
            )
            for provider in providers
        ]
        return verify(setting.connection, requests)
