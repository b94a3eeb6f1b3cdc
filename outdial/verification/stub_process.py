"""The stub in a process of its own, on a free port."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from outdial.provider import POLICIES
from outdial.verification.target import Target
from provider_states import STATES_PATH

START_SECONDS = 60
STOP_SECONDS = 5
OPTIONS = ("--states", "--quiet")


class StubFailed(Exception):
    """Raised when the stub does not start, with its own message."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class RunningStub:
    """A stub that answers; each edition is served below `url` under its name, unless an option says otherwise."""

    addresses: Mapping[str, Any]
    process: "subprocess.Popen[bytes]"
    errors: Path = field(repr=False)

    @property
    def url(self) -> str:
        """The base URL of all editions."""
        return str(self.addresses["url"])

    @property
    def state_url(self) -> str:
        """The URL that sets up provider states."""
        return self.url + STATES_PATH

    @property
    def target(self) -> Target:
        """The stub as a target of verification."""
        return Target(self.url, self.state_url)

    def said(self) -> str:
        """Return its standard error so far."""
        return self.errors.read_text()


@contextmanager
def running_stub(policies: Path = POLICIES, options: Sequence[str] = OPTIONS) -> Iterator[RunningStub]:
    """Start `outdial stub` with these options, and stop it at the end; it also ends with this process.

    Raises `StubFailed`.
    """
    arguments = ["stub", "--port=0", "--ready-file=-", "--until-eof", "--policies", str(policies), *options]
    with TemporaryDirectory(prefix="outdial-") as folder:
        errors = Path(folder) / "errors"
        with errors.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "outdial", *arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written, start_new_session=True,
            )  # fmt: skip
        with process:
            try:
                assert process.stdout
                ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
                if not (announced := process.stdout.readline() if ready else b""):
                    process.kill()
                    said = errors.read_text().strip() or f"no address within {START_SECONDS} s"
                    raise StubFailed(f"the stub did not start: {said}")
                yield RunningStub(json.loads(announced), process, errors)
            finally:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
