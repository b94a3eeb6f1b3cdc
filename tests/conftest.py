"""What several tests need: the stub in a process of its own, and commands run as a user runs them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from outdial.__main__ import keep_proxies_out
from outdial.verification.stub_process import RunningStub, running_stub

ROOT = Path(__file__).parent.parent
os.environ["PACT_DO_NOT_TRACK"] = "true"
for name in [name for name in os.environ if name.startswith(("PACT_BROKER_", "PYTEST_ADDOPTS", "OUTDIAL_"))]:
    if name == "OUTDIAL_FUZZ_REQUESTS":
        continue
    del os.environ[name]  # what whoever runs these tests has set for a broker and a pytest of their own
keep_proxies_out()  # as the command does, for requests of the tests' own
settings.register_profile("outdial", deadline=None)  # a busy machine is not a failure
settings.load_profile("outdial")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def stub() -> Iterator[RunningStub]:
    """One stub with provider states for all tests; nothing in it is shared between interactions."""
    with running_stub() as running:
        yield running


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs `outdial` from the project's folder, with its output as text."""

    def outdial(*arguments: object, seconds: float = 240, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "outdial", *map(str, arguments)]
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False, **options
        )

    return outdial
