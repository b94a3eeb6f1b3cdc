"""A client in a process of its own: one line asks it, one line answers."""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Thread
from types import TracebackType
from typing import IO, ClassVar, Self

from outdial.folders import PACKAGE
from outdial.generation.foreign.messages import ClientAnswer, Hello, Question, Unreadable, read, shown

ROOT = PACKAGE.parent
"""Of our own code, which is not on the path of a team's."""
FUNCTION = Path(__file__).with_name("python_function.py")
START_SECONDS = 60.0
"""An official SDK takes four seconds to import where nothing else runs."""
LINE = 0
"""Of an event: a line that the client wrote. Questions are numbered from 1."""
LONGEST = 1_000_000
"""Bytes of a line; nothing that a client says of one answer is longer."""


class CannotStart(Exception):
    """The client cannot be asked anything; the message says why and what to do."""

    exit_code: ClassVar[int] = 4


class ClientFailed(Exception):
    """The client did not answer as it must, and has been ended; the message tells what it did, to question `seq`."""

    def __init__(self, problem: str, seq: int = 0) -> None:
        super().__init__(problem)
        self.seq = seq


def command_of(client: str) -> list[str]:
    """The words of a command; `module:function` is a Python function in a process of its own. Raises `CannotStart`."""
    module, colon, function = client.partition(":")
    if colon and function.isidentifier() and all(part.isidentifier() for part in module.split(".")):
        return [sys.executable, str(FUNCTION), client]
    try:
        words = shlex.split(client)
    except ValueError as error:
        raise CannotStart(f"--client {client!r} is no command: {error}") from None
    if not words:
        raise CannotStart("--client names no command; say how your client is started, or module:function")
    return words


class ClientProcess:
    """One run of the client, told in `name` by its first line. Its standard error is kept for its last words.

    What it writes and what the relay sees come as events in their order: lines (an empty one is the end), and requests
    with the number of their question.
    """

    def __init__(self, command: list[str]) -> None:
        self._events: Queue[tuple[int, bytes]] = Queue()
        self._errors: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed at its end
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise CannotStart(f"cannot start {command[0]!r}: {error.strerror}; --client takes a command") from None
        Thread(target=self._listen, daemon=True).start()
        try:
            self.name = read(Hello, self._line(START_SECONDS)).client
        except (ClientFailed, Unreadable) as problem:
            self.end()
            due = 'its first line is {"client": "name and version"}'
            raise CannotStart(f"the client cannot be asked: it {problem}; {due}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, question: Question, seconds: float) -> ClientAnswer:
        """The answer to one question. Raises `ClientFailed`, with the client ended."""
        try:
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):  # it has ended, which the next event tells
                self._process.stdin.write(question.model_dump_json().encode() + b"\n")
                self._process.stdin.flush()
            answer = read(ClientAnswer, self._line(seconds, question.seq))
        except (Unreadable, ClientFailed) as problem:
            self.end()
            raise ClientFailed(str(problem), question.seq) from None
        if answer.seq == question.seq:
            return answer
        self.end()
        if 0 < answer.seq < question.seq:
            raise ClientFailed("answered twice; one question has one answer", answer.seq)
        raise ClientFailed(f"answered seq {answer.seq}, and seq {question.seq} was asked", question.seq)

    def finish(self, last: int, seconds: float) -> None:
        """Tell that nothing more is asked, and end it. Raises `ClientFailed` when it still has something to say."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._line(seconds)
        except ClientFailed:  # it ended, or went on with something of its own
            return
        finally:
            self.end()
        raise ClientFailed("answered twice; one question has one answer", last)

    def tell(self, seq: int, request: str) -> None:
        """Hear of a request that the client sent for a question."""
        self._events.put((seq, request.encode()))

    def end(self) -> None:
        """End it with whatever it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._errors):
            with suppress(OSError):  # what was not read
                pipe.close()  # type: ignore[union-attr]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            while line := lines.readline(LONGEST + 1):
                self._events.put((LINE, line))
        self._events.put((LINE, b""))

    def _line(self, seconds: float, seq: int = LINE) -> bytes:
        """The next line that the client writes. Raises `ClientFailed` for none in time, or for a second request."""
        until = time.monotonic() + seconds
        sent: list[str] = []
        while True:
            try:
                event, told = self._events.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                did = f"after {sent[0]}" if sent else "and sent no request"
                raise ClientFailed(f"gave no answer within {seconds:g} s (--seconds), {did}") from None
            if event == LINE:
                break
            if event == seq:
                sent.append(told.decode())
            if len(sent) > 1:
                what = f"{sent[0]} twice" if sent[0] == sent[1] else f"{sent[0]} and then {sent[1]}"
                raise ClientFailed(f"sent {what}; an operation is one request, and a repeated POST a second call")
        if not told:
            raise ClientFailed(self._ended())
        if len(told) > LONGEST:
            raise ClientFailed(f"wrote a line of more than {LONGEST:,} bytes, which begins {shown(told[:200])}")
        return told

    def _ended(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        self._errors.seek(0)
        last = self._errors.read().strip().splitlines()[-1:]
        return f"ended {how}" + (f", saying {shown(last[0])}" if last else "")


def _environment() -> dict[str, str]:
    """That of the command, without our own rooms on Python's path."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    theirs = os.pathsep.join(path for path in paths if path and Path(path).resolve() != ROOT)
    return (
        {**os.environ, "PYTHONPATH": theirs} if theirs else {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    )
