"""The stub in a process of its own, on a free port, for as long as it is needed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar

from provider_states import STATES_PATH
from provider_stub import POLICIES

ANNOUNCED = "listening on "


class StubFailed(Exception):
    """The stub did not start; the message is its own."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class RunningStub:
    """A stub that answers; every provider is served below `url` under its name."""

    url: str
    process: subprocess.Popen[str]

    @property
    def state_url(self) -> str:
        """Where provider states are changed."""
        return self.url + STATES_PATH


@contextmanager
def running_stub(policies: Path = POLICIES) -> Iterator[RunningStub]:
    """Start the stub with provider states and stop it at the end. Raises `StubFailed`."""
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--states", "--policies", str(policies)]
    with TemporaryFile("w+", encoding="utf-8") as errors:  # a pipe that nobody reads would stop the stub when full
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            if not announced.startswith(ANNOUNCED):
                process.wait()
                errors.seek(0)
                raise StubFailed(f"the stub did not start:\n{errors.read()}")
            yield RunningStub(announced.removeprefix(ANNOUNCED).strip(), process)
        finally:
            process.terminate()
            process.communicate()
