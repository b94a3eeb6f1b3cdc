"""A limit for the whole of a verification, whatever it hangs at."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ClassVar


class Unfinished(Exception):
    """The deadline came first; the message says how far it got."""

    exit_code: ClassVar[int] = 2


@contextmanager
def deadline(seconds: float, done: Callable[[], str]) -> Iterator[None]:
    """Raises `Unfinished` with what is done in whatever the main thread is at when the time is up."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise Unfinished(f"not finished within {seconds:g} seconds: {done()}")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
