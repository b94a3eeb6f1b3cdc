"""Verify pacts that are at the broker, say for each of them how it went, and record the results there."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from outdial.broker.console import say
from outdial.broker.offers import PublishedPact
from outdial.broker.outcome import BrokerError, ExitCode, Unusable
from outdial.broker.resources import Json, Resources
from outdial.pact_files import BadPact, Interaction, read_interactions
from outdial.verification.result import CaseResult
from outdial.verification.target import ProviderUnreachable, Target
from outdial.verification.verify import Unfinished, VerifierDied, verify

Results = Sequence[tuple[Interaction, CaseResult]]


@dataclass(frozen=True, slots=True)
class VerifiedPact:
    """A pact with what verification says of each of its interactions."""

    pact: PublishedPact
    provider_version: str
    results: Results

    @property
    def failed(self) -> list[tuple[Interaction, CaseResult]]:
        """The interactions that do not hold."""
        return [each for each in self.results if not each[1].passed]

    @property
    def breaks(self) -> bool:
        """Whether it fails the command."""
        return bool(self.failed) and not self.pact.pending

    def __str__(self) -> str:
        pact = self.pact
        held = len(self.results) - len(self.failed)
        pending = "; pending: may fail" if pact.pending else ""
        return (
            f"{pact.consumer} {pact.consumer_version} → {pact.provider} {self.provider_version}: "
            f"{held} of {len(self.results)} hold ({pact.why}{pending})"
        )


def verified(
    pacts: Sequence[PublishedPact], versions: dict[str, str], target: Target, seconds: float
) -> list[VerifiedPact]:
    """Play the pacts against their providers, all within `seconds`.

    Raises: BrokerError when a provider is not there, or the time is over: then there is nothing to record.
    """
    with TemporaryDirectory(prefix="outdial-") as folder:
        paths = {Path(folder) / f"{at}.json": pact for at, pact in enumerate(pacts)}
        for path, pact in paths.items():
            path.write_text(json.dumps({k: v for k, v in pact.content.items() if k != "_links"}), encoding="utf-8")
        try:
            interactions = read_interactions(list(paths))
        except BadPact as problem:
            raise Unusable(
                f"a pact at the broker cannot be verified: {problem}", "publish one that can, or leave its branch out"
            ) from problem
        found: dict[Path, list[tuple[Interaction, CaseResult]]] = defaultdict(list)
        try:
            target.require()
            for interaction, result in verify(interactions, target, deadline=seconds):
                found[interaction.pact].append((interaction, result))
        except (Unfinished, VerifierDied, ProviderUnreachable) as error:
            raise BrokerError(
                f"verifying: {error}; no result is recorded",
                "start the provider and its states, or see why they hang; OUTDIAL_VERIFY_SECONDS sets how long to wait",
            ) from error
    return [VerifiedPact(pact, versions[pact.provider], found[path]) for path, pact in paths.items()]


def report(outcomes: Sequence[VerifiedPact]) -> ExitCode:
    """Print a line for each pact, then what does not hold, then the totals. Never OK on nothing."""
    for outcome in outcomes:
        say(str(outcome))
    for outcome in outcomes:
        if outcome.failed:
            say(f"\n{outcome}")
        for interaction, result in outcome.failed:
            say(f"  FAILED {interaction.case_id} ({interaction.description})")
            for problem in result.problems:
                say(f"    {problem}")
    checked = sum(len(outcome.results) for outcome in outcomes)
    failed = sum(len(outcome.failed) for outcome in outcomes)
    pending = sum(len(outcome.failed) for outcome in outcomes if outcome.pact.pending)
    excused = f", {pending} of them in pending pacts, which may fail" if pending else ""
    say(f"{len(outcomes)} pacts, {checked} interactions: {checked - failed} hold, {failed} do not{excused}")
    if checked == failed:
        say("nothing passed, so nothing is verified")
        return ExitCode.NO
    return ExitCode.NO if any(outcome.breaks for outcome in outcomes) else ExitCode.OK


def record(broker: Resources, outcomes: Sequence[VerifiedPact], branch: str | None, build_url: str | None) -> None:
    """Record each outcome at the broker, and print where. To repeat it does no harm: the newest result counts.

    Raises: BrokerError that says how many are recorded.
    """
    done = 0
    try:
        for provider, number in {outcome.pact.provider: outcome.provider_version for outcome in outcomes}.items():
            if branch:
                names = {"pacticipant": provider, "branch": branch, "version": number}
                url = broker.link("pb:pacticipant-branch-version", **names)
                broker.send("PUT", url, {}, f"adding {provider} {number} to branch {branch}")
        for outcome in outcomes:
            doing = f"recording the results of {outcome.pact.consumer} → {outcome.pact.provider}"
            answer = broker.send("POST", outcome.pact.results, _results(outcome, build_url), doing)
            say(f"recorded: {answer.get('_links', {}).get('self', {}).get('href', outcome.pact.results)}")
            done += 1
    except BrokerError as error:
        raise error.after(f"the broker holds the results of {done} of {len(outcomes)} pacts") from error


def _results(outcome: VerifiedPact, build_url: str | None) -> Json:
    """Key and all: the broker's pages show no keys of interactions."""
    return {
        "success": not outcome.failed,
        "providerApplicationVersion": outcome.provider_version,
        **({"buildUrl": build_url} if build_url else {}),
        "testResults": [
            {
                "interactionId": interaction.source.get("_id"),
                "interactionDescription": interaction.description,
                "success": result.passed,
                "mismatches": [{"description": f"{each} [{interaction.case_id}]"} for each in result.problems],
            }
            for interaction, result in outcome.results
        ],
        "verifiedBy": {"implementation": "Outdial with pact-python", "version": version("pact-python")},
    }
