"""`outdial broker verify`: verify the broker's pacts, report each of them, and record the results there."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from outdial.broker.client import say
from outdial.broker.errors import NO, NOTHING, BrokerError, unusable
from outdial.broker.offers import Offer, PublishedPact, fetched, offered, pact_of_version, selectors
from outdial.broker.resources import Json
from outdial.broker.setting import Setting, add_setting, find_setting
from outdial.exit_codes import HOLDS
from outdial.pact_files import BadPact, Interaction, read_interactions
from outdial.verification.result import CaseResult
from outdial.verification.target import ProviderUnreachable, Target, target_at
from outdial.verification.verify import Unfinished, VerifierDied, verify


def add_options(parser: ArgumentParser) -> None:
    """Add the options of this command."""
    add_setting(parser)
    parser.add_argument("--provider", action="append", metavar="NAME", help="only this one (default: all of the pacts)")
    parser.add_argument("--provider-url", metavar="URL", help="your own provider instead of the stub")
    parser.add_argument("--state-url", metavar="URL", help="its provider states, which return values to inject")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="of each answer (default: 60)")
    parser.add_argument("--pact-url", metavar="URL", help="only this pact, as a webhook names it")
    parser.add_argument("--consumer-branch", action="append", default=[], metavar="B", help="also this branch")
    parser.add_argument("--pending", action="store_true", help="let pending pacts fail without failing the command")
    parser.add_argument("--wip-since", type=date.fromisoformat, metavar="DATE", help="also work in progress")
    parser.epilog = "example: outdial broker verify --provider genesys-cloud --consumer-branch main --dry-run"


@dataclass(frozen=True, slots=True)
class VerifiedPact:
    """A pact with the result of each interaction."""

    pact: PublishedPact
    provider_version: str
    results: list[tuple[Interaction, CaseResult]] = field(default_factory=list)

    @property
    def failed(self) -> list[tuple[Interaction, CaseResult]]:
        return [each for each in self.results if not each[1].passed]

    def __str__(self) -> str:
        pact, total = self.pact, len(self.results)
        sides = f"{pact.consumer} {pact.consumer_version} → {pact.provider} {self.provider_version}"
        pending = "; pending: may fail" if pact.pending else ""
        return f"{sides}: {total - len(self.failed)} of {total} hold ({pact.why}{pending})"


def run(options: Namespace) -> int:
    """Verify the selected pacts, print the outcome and record it. Raises: BrokerError."""
    setting = find_setting(options, committed=True)
    pacts = fetched(setting.broker, _offers(setting, options))
    if not pacts:
        raise BrokerError(
            f"the broker holds no pact of {options.pact_url or options.consumer_version}",
            "publish it first: `outdial broker publish`",
            NOTHING,
        )
    own_version = options.provider_version or setting.build.version  # of a provider that is built from this commit
    verified = [
        VerifiedPact(pact, own_version if options.provider_url else setting.version_of(pact.provider)) for pact in pacts
    ]
    with _target(options, list(dict.fromkeys(pact.provider for pact in pacts))) as target:
        _verify(verified, target, options.timeout, setting.broker.seconds_left())
    code = _report(verified)
    if options.dry_run:
        say("dry run: no result is recorded")
        return code
    try:
        _record(setting, verified)
    except BrokerError as error:
        error.exit_code = code or error.exit_code  # a failed verification stays a failed verification
        raise
    return code


def _offers(setting: Setting, options: Namespace) -> list[Offer]:
    """Return one pact, or one version's, or what the broker selects and this commit's own pacts.

    Of two commits in flight on a branch, the selectors find the newer one only. Raises: BrokerError.
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
    selection = setting.build.branch, options.consumer_branch
    found = {name: offered(setting.broker, name, *selection, options.pending, options.wip_since) for name in providers}
    unselected = [name for name, offers in found.items() if not offers]
    published = {pact.provider for pact in fetched(setting.broker, own)} if unselected else set()
    if missing := [name for name in unselected if name not in published]:
        pairs = [pair for each in selectors(*selection) for pair in each.items()]
        words = [name if value is True else f"{name} {value}" for name, value in pairs]
        raise BrokerError(
            f"the broker has no pact for {', '.join(missing)} that matches {', '.join(words)}",
            "`outdial broker publish` first. If it is published: is its branch the consumer's main branch "
            "(`outdial broker publish --main-branch NAME` says so), deployed or released anywhere, or named as this "
            "provider's? `--consumer-branch NAME` selects another branch, `--consumer-version V` one version",
            NOTHING,
        )
    return [offer for offers in found.values() for offer in offers] + own


@contextmanager
def _target(options: Namespace, providers: list[str]) -> Iterator[Target]:
    """Yield the given provider, otherwise the stub, which runs only inside this context."""
    if given := target_at(options.provider_url, options.state_url, providers):
        yield given
        return
    # loads the stub and the contracts, which the other commands can do without
    from outdial.verification.stub_process import running_stub

    with running_stub(options.policies) as stub:
        yield stub.target


def _verify(pacts: Sequence[VerifiedPact], target: Target, timeout: float, seconds: float) -> None:
    """Add the results of all pacts. Raises: BrokerError when a provider does not answer or the time is over."""
    with TemporaryDirectory(prefix="outdial-") as folder:
        paths = {Path(folder) / f"{at}.json": each for at, each in enumerate(pacts)}
        for path, each in paths.items():
            content = {name: value for name, value in each.pact.content.items() if name != "_links"}
            path.write_text(json.dumps(content), encoding="utf-8")
        try:
            interactions = read_interactions(list(paths))
        except BadPact as problem:
            raise unusable(
                f"a pact at the broker cannot be verified: {problem}", "publish one that can, or leave its branch out"
            ) from problem
        try:
            target.require()
            for interaction, result in verify(interactions, target, timeout=timeout, deadline=seconds):
                paths[interaction.pact].results.append((interaction, result))
        except (Unfinished, VerifierDied, ProviderUnreachable) as error:
            raise BrokerError(
                f"verifying: {error}; no result is recorded",
                "start the provider and its states, or see why they hang; --timeout limits each answer, "
                "OUTDIAL_VERIFY_SECONDS all of them",
            ) from error


def _report(pacts: Sequence[VerifiedPact]) -> int:
    """Print a line for each pact, then the failures, then the totals; return the exit code, never 0 for nothing."""
    for each in pacts:
        say(str(each))
    for each in pacts:
        if each.failed:
            say(f"\n{each}")
        for interaction, result in each.failed:
            say(f"  FAILED {interaction.case_id} ({interaction.description})")
            for problem in result.problems:
                say(f"    {problem}")
    checked = sum(len(each.results) for each in pacts)
    failed = sum(len(each.failed) for each in pacts)
    pending = sum(len(each.failed) for each in pacts if each.pact.pending)
    excused = f", {pending} of them in pending pacts, which may fail" if pending else ""
    say(f"{len(pacts)} pacts, {checked} interactions: {checked - failed} hold, {failed} do not{excused}")
    if checked == failed:
        say("nothing passed, so nothing is verified")
    return NO if checked == failed or failed > pending else HOLDS


def _record(setting: Setting, pacts: Sequence[VerifiedPact]) -> None:
    """Record each pact's results and print their page; a repetition is safe, since the newest result counts.

    Raises: BrokerError that tells how many are recorded.
    """
    broker, branch, done = setting.broker, setting.build.branch, 0
    try:
        for provider, number in {each.pact.provider: each.provider_version for each in pacts}.items():
            if branch:
                names = {"pacticipant": provider, "branch": branch, "version": number}
                url = broker.link("pb:pacticipant-branch-version", **names)
                broker.request("PUT", url, f"adding {provider} {number} to branch {branch}", {})
        for each in pacts:
            doing = f"recording the results of {each.pact.consumer} → {each.pact.provider}"
            answer = broker.request("POST", each.pact.results, doing, _results(each, setting.build.url))
            say(f"recorded: {answer.get('_links', {}).get('self', {}).get('href', each.pact.results)}")
            done += 1
    except BrokerError as error:
        raise error.after(f"the broker holds the results of {done} of {len(pacts)} pacts") from error


def _results(verified: VerifiedPact, build_url: str | None) -> Json:
    """Return the body for the broker, with keys in the mismatches: its pages show no keys of interactions."""
    return {
        "success": not verified.failed,
        "providerApplicationVersion": verified.provider_version,
        **({"buildUrl": build_url} if build_url else {}),
        "testResults": [
            {
                "interactionId": interaction.source.get("_id"),
                "interactionDescription": interaction.description,
                "success": result.passed,
                "mismatches": [{"description": f"{each} [{interaction.case_id}]"} for each in result.problems],
            }
            for interaction, result in verified.results
        ],
        "verifiedBy": {"implementation": "Outdial with pact-python", "version": version("pact-python")},
    }
