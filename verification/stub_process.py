"""The stub in a process of its own, on a free port, for as long as it is needed."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

from provider_states import STATES_PATH
from provider_stub import POLICIES


class StubFailed(Exception):
    """The stub did not start; the message is its own."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class RunningStub:
    """A stub that answers; every provider is served below `url` under its name, if no option says otherwise."""

    addresses: Mapping[str, Any]
    process: subprocess.Popen[str]
    errors: IO[str]

    @property
    def url(self) -> str:
        """Where it is served."""
        return str(self.addresses["url"])

    @property
    def state_url(self) -> str:
        """Where provider states are changed."""
        return self.url + STATES_PATH


@contextmanager
def running_stub(policies: Path = POLICIES, options: Sequence[str] = ("--states", "--quiet")) -> Iterator[RunningStub]:
    """Start the stub with options of `outdial stub` and stop it at the end. Raises `StubFailed`."""
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--ready-file", "-"]
    with TemporaryFile("w+", encoding="utf-8") as errors:  # of a pipe that nobody reads the end would be missing
        process = subprocess.Popen(
            [*command, "--policies", str(policies), *options], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            if not announced:
                process.wait()
                errors.seek(0)
                raise StubFailed(f"the stub did not start:\n{errors.read()}")
            yield RunningStub(json.loads(announced), process, errors)
        finally:
            process.terminate()
            process.communicate()
