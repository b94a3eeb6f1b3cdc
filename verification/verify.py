"""Verifies interactions against any provider, on all cores, and proves that each of them was checked."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import ClassVar

import requests

from pact_files.pact_file import Interaction, pieces
from verification.result import CaseResult
from verification.verifier import quieten, verify_piece

CHECK_SECONDS = 5


class NothingToVerify(Exception):
    """No interaction was asked for, so a green answer would mean nothing."""

    exit_code: ClassVar = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Where a provider answers. With `prefixed`, each provider is served below `base_url` under its own name."""

    base_url: str
    state_url: str
    prefixed: bool = True

    def url_of(self, provider: str) -> str:
        """The base URL of one provider."""
        return f"{self.base_url}/{provider}" if self.prefixed else self.base_url


def verify(
    interactions: Sequence[Interaction], target: Target, workers: int | None = None
) -> Iterator[tuple[Interaction, CaseResult]]:
    """Each interaction with its result, as soon as it is known. Raises `NothingToVerify`."""
    if not interactions:
        raise NothingToVerify("no interaction to verify: the filter or the pacts are empty")
    groups = list(pieces(interactions))
    count = min(workers or os.cpu_count() or 1, len(groups))
    context = get_context("forkserver")
    # `outdial` first: where it is installed, it is what makes the rooms importable
    context.set_forkserver_preload(["outdial", "pact", "verification.verifier"])
    with ProcessPoolExecutor(count, mp_context=context, initializer=quieten) as pool:
        running: dict[Future[list[CaseResult]], tuple[Interaction, ...]] = {
            pool.submit(verify_piece, group, target.url_of(group[0].provider), target.state_url): group
            for group in groups
        }
        for done in as_completed(running):
            group = running[done]
            try:
                results = done.result()
            except BrokenExecutor as error:
                results = [CaseResult(each.case_id, "not checked", (f"the verifier died: {error}",)) for each in group]
            for interaction, result in zip(group, results, strict=True):
                yield interaction, result if result.passed else _with_cause(interaction, result, target)


def _with_cause(interaction: Interaction, result: CaseResult, target: Target) -> CaseResult:
    """The verifier says that a state failed, not which and why: ask the state URL again, once."""
    if not any("state change" in problem for problem in result.problems):
        return result
    causes = [_state_problem(state, target.state_url) for state in interaction.content.get("providerStates", [])]
    found = tuple(cause for cause in causes if cause)
    return replace(result, problems=found or result.problems)


def _state_problem(state: dict[str, object], url: str) -> str | None:
    asked = {"state": state["name"], "params": state.get("params", {}), "action": "setup"}
    try:
        answer = requests.post(url, json=asked, timeout=CHECK_SECONDS)
    except requests.RequestException as error:
        return f"state {state['name']!r}: {url} does not answer ({type(error).__name__})"
    if answer.ok:
        return None
    try:
        said = answer.json().get("error", "")
    except (ValueError, AttributeError):
        said = ""
    return f"state {state['name']!r}: {answer.status_code} {said}".strip()
