"""What several tests need: stubs in processes of their own, and commands, in this process or as a user runs them.

`EXAMPLES` sets how many inputs a property test draws; `make test-slow` draws many.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, settings

from outdial.__main__ import keep_proxies_out
from outdial.verification.stub_process import RunningStub, running_stub

ROOT = Path(__file__).parent.parent
SECONDS = 10
os.environ["PACT_DO_NOT_TRACK"] = "true"
for name in [name for name in os.environ if name.startswith(("PACT_BROKER_", "PYTEST_ADDOPTS", "OUTDIAL_"))]:
    del os.environ[name]  # what whoever runs these tests has set for a broker and a pytest of their own
keep_proxies_out()  # as the command does, for requests of the tests' own
EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
settings.register_profile(  # a busy machine is not a failure, and a few examples are the same ones on every machine
    "outdial",
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("outdial")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def stub() -> Iterator[RunningStub]:
    """One stub with provider states for all tests; nothing in it is shared between interactions."""
    with running_stub() as running:
        yield running


@pytest.fixture(scope="session")
def standing() -> Iterator[RunningStub]:
    """A stub whose time passes when a test says so, with a log in JSON."""
    with running_stub(options=["--states", "--clock", "standing", "--log", "json"]) as running:
        yield running


@pytest.fixture
def alone(standing: RunningStub) -> RunningStub:
    """The same with an empty world, so that it is known who is in it."""
    requests.post(f"{standing.url}/reset", timeout=SECONDS).raise_for_status()
    return standing


def made(stub: RunningStub, state: str, **params: object) -> dict[str, str]:
    """Set up a provider state of a stub and return its values."""
    answer = requests.post(stub.state_url, json={"state": state, "params": params}, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    values: dict[str, str] = answer.json()
    return values


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs `outdial` from the project's folder, with its output as text."""

    def outdial(*arguments: object, seconds: float = 240, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "outdial", *map(str, arguments)]
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False, **options
        )

    return outdial
