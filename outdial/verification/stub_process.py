"""The stub in a process of its own, on a free port, for as long as it is needed."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

from outdial.provider import POLICIES
from outdial.verification.process import Process, close, started
from outdial.verification.target import Target
from provider_states import STATES_PATH

START_SECONDS = 20
STOP_SECONDS = 5
OPTIONS = ("--states", "--quiet", "--heard")


class StubFailed(Exception):
    """The stub did not start; the message is its own."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class RunningStub:
    """A stub that answers; every provider is served below `url` under its name, if no option says otherwise."""

    addresses: Mapping[str, Any]
    process: Process
    errors: IO[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """Where it is served."""
        return str(self.addresses["url"])

    @property
    def state_url(self) -> str:
        """Where provider states are changed."""
        return self.url + STATES_PATH

    @property
    def target(self) -> Target:
        """It, as what is verified."""
        return Target(self.url, self.state_url, heard=self.addresses.get("heard"))

    def said(self) -> str:
        """What it has written to standard error so far."""
        return _said(self.errors)


@contextmanager
def running_stub(policies: Path = POLICIES, options: Sequence[str] = OPTIONS) -> Iterator[RunningStub]:
    """Start the stub with options of `outdial stub` and stop it at the end; it ends with this process in any case.

    Raises `StubFailed`.
    """
    arguments = ["stub", "--port", "0", "--ready-file", "-", "--until-eof", "--policies", str(policies), *options]
    with TemporaryFile() as errors:  # a pipe that nobody reads holds only the beginning
        command = [sys.executable, "-m", "outdial", *arguments]
        process = started("outdial stub", partial(_serve, arguments), command, errors.fileno())
        assert process.stdout is not None
        try:
            ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
            announced = process.stdout.readline() if ready else b""
            if not announced:
                process.kill()
                process.wait()
                said = _said(errors).strip() or f"it did not say where it listens within {START_SECONDS} s"
                raise StubFailed(f"the stub did not start: {said}")
            yield RunningStub(json.loads(announced), process, errors)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            close(process)


def _serve(arguments: Sequence[str]) -> None:
    """What `python -m outdial` does with these arguments; the door stands above this room and is found by its name."""
    sys.exit(import_module("outdial.__main__").main(arguments))


def _said(errors: IO[bytes]) -> str:
    """The whole file, read without moving the place that the process writes at."""
    descriptor = errors.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()
