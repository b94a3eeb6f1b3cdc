"""Verifies interactions against any provider, on all cores, and proves that each of them was checked."""

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import ClassVar

from outdial.pact_files import Interaction
from outdial.pact_files.cutting import pieces
from outdial.verification.result import CaseResult
from outdial.verification.target import ProviderUnreachable, Target
from outdial.verification.verifier import Piece
from outdial.verification.worker import Worker, start_worker


class NothingToVerify(Exception):
    """No interaction was asked for, so a green answer would mean nothing."""

    exit_code: ClassVar[int] = 5


def verify(
    interactions: Sequence[Interaction], target: Target, workers: int | None = None
) -> Generator[tuple[Interaction, CaseResult], None, None]:
    """Each interaction with its result, as soon as it is known.

    Raises `NothingToVerify`; `ProviderUnreachable` and `VerifierDied` as soon as no further answer can be expected.
    """
    if not interactions:
        raise NothingToVerify("no interaction to verify: the filter or the pacts are empty")
    groups = list(pieces(interactions))
    count = min(workers or os.cpu_count() or 1, len(groups))
    idle: SimpleQueue[Worker] = SimpleQueue()

    def play(group: Sequence[Interaction]) -> Piece:
        worker = idle.get()
        try:
            return worker.play(group, target)
        finally:
            idle.put(worker)

    started: list[Worker] = []
    with TemporaryDirectory(prefix="outdial-") as folder, ThreadPoolExecutor(count) as pool:
        try:
            for _ in range(count):
                started.append(start_worker(Path(folder)))
                idle.put(started[-1])
            running = {pool.submit(play, group): group for group in groups}
            for done in as_completed(running):
                piece = done.result()
                if piece.broken:
                    target.require()
                    raise ProviderUnreachable(piece.broken)
                yield from zip(running[done], piece.results, strict=True)
        finally:  # also when whoever waits has gone, or nothing answers: what still runs would run for minutes
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in started:
                worker.stop()
