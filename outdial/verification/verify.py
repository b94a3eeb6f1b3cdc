"""Verify interactions with Pact's verifier, in one process per core."""

import os
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import ClassVar

from outdial.pact_files import Interaction
from outdial.verification.result import Finding
from outdial.verification.target import ProviderUnreachable, Target
from outdial.verification.verifier import pieces, quieten, verify_piece


class NothingToVerify(Exception):
    """Raised when no interaction was selected, or none of them decides."""

    exit_code: ClassVar[int] = 5


class Unfinished(Exception):
    """Raised when the wall-clock limit of a run is over. The message tells how far it got."""

    exit_code: ClassVar[int] = 2


class VerifierDied(Exception):
    """Raised when a process of Pact's verifier ends before its results are known."""

    exit_code: ClassVar[int] = 2


def verify(
    interactions: Sequence[Interaction], target: Target, *, timeout: float = 60.0, deadline: float | None = None,
    workers: int | None = None,
) -> Generator[tuple[Interaction, Finding], None, None]:  # fmt: skip
    """Yield each interaction with its result, as soon as it is known.

    `timeout` is for each answer, `deadline` for the whole, both in seconds. A script that calls this needs
    `if __name__ == "__main__":`, since processes are spawned. Raises `NothingToVerify`, `ProviderUnreachable`,
    `Unfinished`, `VerifierDied`.
    """
    if not interactions:
        raise NothingToVerify("no interaction to verify: the selection or the pacts are empty")
    groups = list(pieces(interactions))
    count, done = min(workers or os.cpu_count() or 1, len(groups)), 0
    others = set(active_children())
    with TemporaryDirectory(prefix="outdial-") as folder:
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start_worker)
        try:
            running = {pool.submit(verify_piece, each, target, Path(folder), timeout): each for each in groups}
            for finished in as_completed(running, deadline):
                piece = finished.result()
                if piece.broken:
                    target.require()
                    raise ProviderUnreachable(piece.broken)
                done += len(piece.results)
                yield from zip(running[finished], piece.results, strict=True)
        except TimeoutError:
            told = f"{done} of {len(interactions)} rows verified"
            raise Unfinished(f"not finished within {deadline or 0:.3g} s (--deadline): {told}") from None
        except BrokenProcessPool:
            raise VerifierDied("a process of Pact's verifier died, so nothing more can be verified") from None
        finally:  # a worker may wait for an answer for minutes
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(active_children()) - others:
                child.kill()
                child.join()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    quieten()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)
