"""Verifies interactions against any provider, on all cores, and proves that each of them was checked."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import active_children, get_context
from typing import ClassVar

from pact_files import Interaction
from pact_files.cutting import pieces
from verification.result import CaseResult
from verification.target import Target
from verification.verifier import quieten, verify_piece


class NothingToVerify(Exception):
    """No interaction was asked for, so a green answer would mean nothing."""

    exit_code: ClassVar[int] = 5


class VerifierDied(Exception):
    """A process of Pact's verifier ended before its results were known."""

    exit_code: ClassVar[int] = 2


def verify(
    interactions: Sequence[Interaction], target: Target, workers: int | None = None
) -> Iterator[tuple[Interaction, CaseResult]]:
    """Each interaction with its result, as soon as it is known.

    Raises `NothingToVerify`; `Unreachable` and `VerifierDied` as soon as no further answer can be expected.
    """
    if not interactions:
        raise NothingToVerify("no interaction to verify: the filter or the pacts are empty")
    groups = list(pieces(interactions))
    count = min(workers or os.cpu_count() or 1, len(groups))
    context = get_context("forkserver")
    context.set_forkserver_preload(["pact", "verification.verifier"])
    others = set(active_children())
    with ProcessPoolExecutor(count, mp_context=context, initializer=quieten) as pool:
        running: dict[Future[list[CaseResult]], tuple[Interaction, ...]] = {
            pool.submit(verify_piece, group, target.url_of(group[0].provider), target.state_url): group
            for group in groups
        }
        try:
            for done in as_completed(running):
                for interaction, result in zip(running[done], done.result(), strict=True):
                    yield interaction, result if result.passed else _with_cause(interaction, result, target)
        except BrokenExecutor as error:
            raise VerifierDied(f"a process of Pact's verifier died, so nothing more can be verified: {error}") from None
        except BaseException:  # whoever waits has gone, or nothing answers: what still runs would run for minutes
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(active_children()) - others:
                child.kill()
            raise


def _with_cause(interaction: Interaction, result: CaseResult, target: Target) -> CaseResult:
    """The verifier says that a state failed, not which and why: ask the state URL again, once."""
    if result.got == "no answer":
        target.require()
    if not any("state change" in problem for problem in result.problems):
        return result
    causes = tuple(filter(None, map(target.state_problem, interaction.states)))
    return replace(result, problems=causes or result.problems)
