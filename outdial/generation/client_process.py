"""A client in a process of its own: one JSON line asks it, one JSON line answers."""

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outdial.documents import Strict
from outdial.documents.sentences import sentences

FUNCTION = Path(__file__).with_name("python_function.py")
START_SECONDS = 60.0
"""An official SDK takes four seconds to import where nothing else runs."""
LEAVE_SECONDS = 0.5
FEW = 120
"""Characters of a line that are shown."""
Message = TypeVar("Message", bound=BaseModel)


class Hello(Strict):
    """The first line of a client: its name and version."""

    client: str


class ClientAnswer(Strict):
    """Answer of the client to question `seq`; null means not told.

    `error` is the client's own word for the refusal, null when accepted. `result` holds what it read from an accepted
    answer, under the names of the table's `returns`.
    """

    model_config = ConfigDict(strict=True)

    seq: int
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    code: str | None = None
    error: str | None = None
    result: dict[str, Any] | None = None


class CannotStart(Exception):
    """Raised when the client cannot be asked anything. The message says why and what to do."""

    exit_code: ClassVar[int] = 4


class ClientFailed(Exception):
    """Raised when the client does not answer as it must. The message tells what it did."""


def command_of(client: str) -> list[str]:
    """Return the words of a command; `module:function` is a Python function. Raises `CannotStart`."""
    module, _, function = client.partition(":")
    if all(part.isidentifier() for part in [*module.split("."), function]):
        return [sys.executable, str(FUNCTION), client]
    try:
        words = shlex.split(client)
    except ValueError as error:
        raise CannotStart(f"invalid --client {client!r}: {error}") from None
    if not words:
        raise CannotStart("invalid --client '': expected a command that starts your client, or module:function")
    return words


class ClientProcess:
    """One run of the client; `name` is from its first line. Its standard error is kept for its last words."""

    def __init__(self, command: list[str]) -> None:
        self._lines: Queue[bytes] = Queue()
        self._errors: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed at its end
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True
            )
        except OSError as error:
            raise CannotStart(f"cannot start {command[0]!r}: {error.strerror}; --client takes a command") from None
        Thread(target=self._listen, daemon=True).start()
        try:
            self.name = self._read(Hello, START_SECONDS).client
        except ClientFailed as problem:
            self.end()
            due = 'its first line is {"client": "name and version"}'
            raise CannotStart(f"the client cannot be asked: it {problem}; {due}") from None

    def ask(self, question: dict[str, Any], seconds: float) -> ClientAnswer:
        """Return the answer to one question. Raises `ClientFailed`."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, which the missing answer tells
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        answer = self._read(ClientAnswer, seconds)
        if answer.seq != question["seq"]:
            raise ClientFailed(f"answered seq {answer.seq}, and seq {question['seq']} was asked")
        return answer

    def end(self) -> None:
        """End it with whatever it has started; the end of its input lets it leave by itself."""
        assert self._process.stdin is not None
        with suppress(OSError):  # of a client that has ended
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._errors.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")

    def _read(self, model: type[Message], seconds: float) -> Message:
        """Return the next line as the message that is due. Raises `ClientFailed`."""
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            raise ClientFailed(f"gave no answer within {seconds:g} s (--seconds)") from None
        if not line:
            raise ClientFailed(self._last_words())
        try:
            return model.model_validate_json(line)
        except ValidationError as error:
            problem = f"wrote {_shown(line)} to standard output, which is not JSON; log to standard error"
            if error.errors()[0]["type"] != "json_invalid":
                found = sentences(error, lambda place: place, lambda: set(model.model_fields))
                told = "; ".join(f"{'.'.join(map(str, place))}: {said}".lstrip(": ") for place, said in found)
                problem = f"wrote {_shown(line)}: {told}"
            raise ClientFailed(problem) from None

    def _last_words(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        self._errors.seek(0)
        last = self._errors.read().strip().splitlines()[-1:]
        return f"ended {how}" + (f", saying {_shown(last[0])}" if last else "")


def _shown(line: bytes) -> str:
    """Return the beginning of a line."""
    text = " ".join(line[: 10 * FEW].decode(errors="replace").split())
    return repr(text if len(text) <= FEW else f"{text[:FEW]}…")
