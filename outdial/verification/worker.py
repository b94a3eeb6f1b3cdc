"""A process of Pact's verifier: pieces come in, their results go out. It ends with whoever started it."""

import os
import pickle
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, ClassVar

from outdial.pact_files import Interaction
from outdial.verification.process import Process, close, started
from outdial.verification.target import Target
from outdial.verification.verifier import Piece, quieten, verify_piece


class VerifierDied(Exception):
    """A process of Pact's verifier ended before its results were known."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker, as its parent sees it."""

    process: Process

    def play(self, piece: Sequence[Interaction], target: Target) -> Piece:
        """What comes of a piece. Raises `VerifierDied`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            pickle.dump((piece, target), self.process.stdin)
            self.process.stdin.flush()
            found: Piece = pickle.load(self.process.stdout)  # noqa: S301 - from our own process
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            raise VerifierDied("a process of Pact's verifier died, so nothing more can be verified") from None
        return found

    def stop(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        close(self.process)


def start_worker(folder: Path) -> Worker:
    """A new worker, which writes below `folder` and leaves it to its parent to be interrupted."""
    code = "import sys; from outdial.verification.worker import work; work(sys.argv[1])"
    return Worker(started("outdial worker", partial(work, str(folder)), [sys.executable, "-c", code, str(folder)]))


def work(folder: str) -> None:
    """What a worker does, until its input ends."""
    results = os.fdopen(os.dup(1), "wb")
    quieten()
    asked: SimpleQueue[tuple[Sequence[Interaction], Target]] = SimpleQueue()
    Thread(target=_read, args=(sys.stdin.buffer, asked, Path(folder)), daemon=True).start()
    while True:
        pickle.dump(verify_piece(*asked.get(), Path(folder)), results)
        results.flush()


def _read(source: IO[bytes], asked: "SimpleQueue[Any]", folder: Path) -> None:
    """In a thread, so that the end is seen while a provider hangs: even SIGKILL of the parent closes the input."""
    with suppress(EOFError):
        while True:
            asked.put(pickle.load(source))  # noqa: S301 - from our own process
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
