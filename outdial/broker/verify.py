"""Verify the broker's pacts: those that it selects, those of one consumer version, or one by its URL."""

import json
import re
from argparse import Namespace
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from outdial.broker.errors import NO, NOTHING, BrokerError, unusable
from outdial.broker.resources import Json, Resources
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS
from outdial.pact_files import BadPact, Interaction, read_interactions
from outdial.verification.result import Finding
from outdial.verification.stub_process import running_stub
from outdial.verification.target import ProviderUnreachable, target_at
from outdial.verification.verify import Unfinished, VerifierDied, verify

AT_ONCE = 8
"""Pacts that are fetched at the same time."""


class Offer(NamedTuple):
    """The address of a pact, and why it is verified. A pending pact may fail."""

    url: str
    why: str
    pending: bool = False


@dataclass(slots=True)
class PublishedPact:
    """A pact at the broker, its offers, and the result of each interaction."""

    content: Json
    offers: list[Offer] = field(default_factory=list)
    provider_version: str = ""
    results: list[tuple[Interaction, Finding]] = field(default_factory=list)

    @property
    def consumer(self) -> str:
        return str(self.content["consumer"]["name"])

    @property
    def provider(self) -> str:
        return str(self.content["provider"]["name"])

    @property
    def pending(self) -> bool:
        return all(offer.pending for offer in self.offers)

    @property
    def failed(self) -> list[tuple[Interaction, Finding]]:
        return [each for each in self.results if not each[1].passed]

    def __str__(self) -> str:
        """Return both sides with their versions, the counts, and why it is verified."""
        links = self.content["_links"]
        title = re.search(r"\((.*?)\) and ", links["self"].get("name", ""))  # Pact between a (1.0.1) and b
        of = links.get("pb:consumer-version", {}).get("name") or (title[1] if title else "?")
        sides = f"{self.consumer} {of} → {self.provider} {self.provider_version}"
        total, why = len(self.results), ", ".join(dict.fromkeys(offer.why for offer in self.offers))
        pending = "; pending: may fail" if self.pending else ""
        return f"{sides}: {total - len(self.failed)} of {total} hold ({why}{pending})"


def verify_pacts(setting: Setting, options: Namespace) -> int:
    """Verify the pacts that the options of `verify` select, print the outcome and record it. Raises: BrokerError."""
    pacts = _fetched(setting.broker, _offers(setting, options))
    if not pacts:
        named = options.pact_url or options.consumer_version
        raise BrokerError(f"the broker holds no pact of {named}", "publish it first: `outdial broker publish`", NOTHING)
    own_version = setting.provider_version or setting.build.version  # of a provider that is built from this commit
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="outdial-")))
        paths = {folder / f"{at}.json": pact for at, pact in enumerate(pacts)}
        for path, pact in paths.items():
            pact.provider_version = own_version if options.provider_url else setting.version_of(pact.provider)
            content = {name: value for name, value in pact.content.items() if name != "_links"}
            path.write_text(json.dumps(content), encoding="utf-8")
        try:
            rows = read_interactions(list(paths))
            target = target_at(options.provider_url, options.state_url, rows)
            target = target or stack.enter_context(running_stub(setting.policies)).target
            target.require()
            for row, result in verify(rows, target, timeout=options.timeout, deadline=options.deadline):
                paths[row.pact].results.append((row, result))
        except BadPact as problem:
            fix = "publish one that can, or leave its branch out"
            raise unusable(f"a pact at the broker cannot be verified: {problem}", fix) from problem
        except (Unfinished, VerifierDied, ProviderUnreachable) as error:
            raise BrokerError(
                f"verifying: {error}; no result is recorded",
                "start the provider and its states, or see why they hang; --timeout limits each answer, --deadline all",
            ) from error
    code = _report(pacts)
    if setting.dry_run:
        print("dry run: no result is recorded")
        return code
    try:
        _record(setting, pacts)
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
    broker, build = setting.broker, setting.build
    providers = options.provider or setting.providers
    own = []
    for pact in setting.pacts if not options.provider or setting.pacts_folder.is_dir() else []:
        if pact.provider in providers:
            names = {"consumer": pact.consumer, "provider": pact.provider}
            url = broker.link("pb:publish-pact", consumerApplicationVersion=build.version, **names)
            own.append(Offer(url, f"version {build.version}"))
    if options.consumer_version:
        return own
    selectors: list[Json] = [{"mainBranch": True}, {"deployedOrReleased": True}]
    selectors += [{"matchingBranch": True}] if build.branch else []  # which the broker refuses without a branch
    selectors += [{"branch": name} for name in options.consumer_branch]
    found = {provider: _selected(setting, options, provider, selectors) for provider in providers}
    unselected = [provider for provider, offers in found.items() if not offers]
    published = {pact.provider for pact in _fetched(broker, own)} if unselected else set()
    if missing := [provider for provider in unselected if provider not in published]:
        words = [name if value is True else f"{name} {value}" for each in selectors for name, value in each.items()]
        raise BrokerError(
            f"the broker has no pact for {', '.join(missing)} that matches {', '.join(words)}",
            "`outdial broker publish` first. If it is published: is its branch the consumer's main branch "
            "(`outdial broker publish --main-branch NAME` says so), deployed or released anywhere, or named as this "
            "provider's? `--consumer-branch NAME` selects another branch, `--consumer-version V` one version",
            NOTHING,
        )
    return [offer for offers in found.values() for offer in offers] + own


def _selected(setting: Setting, options: Namespace, provider: str, selectors: Sequence[Json]) -> list[Offer]:
    """Return what the broker selects for a provider. Raises: BrokerError."""
    pending = options.pending or options.wip_since is not None
    asked: Json = {"consumerVersionSelectors": selectors, "includePendingStatus": pending}
    asked |= {"providerVersionBranch": setting.build.branch} if setting.build.branch else {}
    asked |= {"includeWipPactsSince": options.wip_since.isoformat()} if options.wip_since else {}
    url = setting.broker.link("pb:provider-pacts-for-verification", provider=provider)
    answer = setting.broker.request("POST", url, f"verifying {provider}: reading its pacts", asked)
    offers = []
    for pact in answer.get("_embedded", {}).get("pacts", []):
        properties = pact.get("verificationProperties", {})
        why = pact.get("shortDescription", "selected") + (", work in progress" if properties.get("wip") else "")
        offers.append(Offer(pact["_links"]["self"]["href"], why, bool(properties.get("pending"))))
    return offers


def _fetched(broker: Resources, offers: Iterable[Offer]) -> list[PublishedPact]:
    """Return the pacts that the broker holds, each content once. Raises: BrokerError."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda offer: (offer, broker.find(offer.url, f"fetching {offer.url}")), offers))
    pacts: dict[str, PublishedPact] = {}
    for offer, content in found:
        if content is not None:
            try:
                content_id = str(content["_links"]["pb:pact-version"]["href"])
            except (KeyError, TypeError):
                raise unusable(f"{offer.url} is no pact", "give the URL of a pact, as webhooks name it") from None
            pacts.setdefault(content_id, PublishedPact(content)).offers.append(offer)
    return list(pacts.values())


def _report(pacts: Sequence[PublishedPact]) -> int:
    """Print a line for each pact, then the failures, then the totals; return the exit code, never 0 for nothing."""
    for pact in pacts:
        print(str(pact))
    for pact in pacts:
        if pact.failed:
            print(f"\n{pact}")
        for row, result in pact.failed:
            print("\n    ".join([f"  FAILED {row.case_id} ({row.description})", *result.problems]))
    checked = sum(len(pact.results) for pact in pacts)
    failed = sum(len(pact.failed) for pact in pacts)
    pending = sum(len(pact.failed) for pact in pacts if pact.pending)
    excused = f", {pending} of them in pending pacts, which may fail" if pending else ""
    print(f"{len(pacts)} pacts, {checked} interactions: {checked - failed} hold, {failed} do not{excused}")
    if checked == failed:
        print("nothing passed, so nothing is verified")
    return NO if checked == failed or failed > pending else HOLDS


def _record(setting: Setting, pacts: Sequence[PublishedPact]) -> None:
    """Record each pact's results and print their page; a repetition is safe, since the newest result counts.

    Raises: BrokerError that tells how many are recorded.
    """
    broker, branch, done = setting.broker, setting.build.branch, 0
    try:
        for provider, number in {pact.provider: pact.provider_version for pact in pacts}.items():
            if branch:
                names = {"pacticipant": provider, "branch": branch, "version": number}
                url = broker.link("pb:pacticipant-branch-version", **names)
                broker.request("PUT", url, f"adding {provider} {number} to branch {branch}", {})
        for pact in pacts:
            doing = f"recording the results of {pact.consumer} → {pact.provider}"
            url = str(pact.content["_links"]["pb:publish-verification-results"]["href"])
            answer = broker.request("POST", url, doing, _results(pact, setting.build.url))
            print(f"recorded: {answer.get('_links', {}).get('self', {}).get('href', url)}")
            done += 1
    except BrokerError as error:
        raise error.after(f"the broker holds the results of {done} of {len(pacts)} pacts") from error


def _results(pact: PublishedPact, build_url: str | None) -> Json:
    """Return the body for the broker, with keys in the mismatches: its pages show no keys of interactions."""
    return {
        "success": not pact.failed,
        "providerApplicationVersion": pact.provider_version,
        **({"buildUrl": build_url} if build_url else {}),
        "testResults": [
            {
                "interactionId": row.source.get("_id"),
                "interactionDescription": row.description,
                "success": result.passed,
                "mismatches": [{"description": f"{each} [{row.case_id}]"} for each in result.problems],
            }
            for row, result in pact.results
        ],
        "verifiedBy": {"implementation": "Outdial with pact-python", "version": version("pact-python")},
    }
