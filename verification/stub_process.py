"""The stub in a process of its own, on a free port, for as long as it is needed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, Any, ClassVar

from provider_states import STATES_PATH
from provider_stub import POLICIES

START_SECONDS = 20
STOP_SECONDS = 5


class StubFailed(Exception):
    """The stub did not start; the message is its own."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class RunningStub:
    """A stub that answers; every provider is served below `url` under its name, if no option says otherwise."""

    addresses: Mapping[str, Any]
    process: subprocess.Popen[str]
    errors: IO[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """Where it is served."""
        return str(self.addresses["url"])

    @property
    def state_url(self) -> str:
        """Where provider states are changed."""
        return self.url + STATES_PATH

    def said(self) -> str:
        """What it has written to standard error so far."""
        return _said(self.errors)


@contextmanager
def running_stub(policies: Path = POLICIES, options: Sequence[str] = ("--states", "--quiet")) -> Iterator[RunningStub]:
    """Start the stub with options of `outdial stub` and stop it at the end; it ends with this process in any case.

    Raises `StubFailed`.
    """
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--ready-file", "-", "--until-eof"]
    with TemporaryFile() as errors:  # a pipe that nobody reads holds only the beginning
        process = subprocess.Popen(
            [*command, "--policies", str(policies), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # an interrupt at the terminal is for us, and we stop it
        )
        assert process.stdout is not None
        late = Timer(START_SECONDS, process.kill)
        late.start()
        try:
            announced = process.stdout.readline()
            late.cancel()
            if not announced:
                process.wait()
                said = _said(errors).strip() or f"it did not say where it listens within {START_SECONDS} s"
                raise StubFailed(f"the stub did not start: {said}")
            yield RunningStub(json.loads(announced), process, errors)
        finally:
            late.cancel()
            process.terminate()
            try:
                process.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _said(errors: IO[bytes]) -> str:
    """The whole file, read without moving the place that the process writes at."""
    descriptor = errors.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()
