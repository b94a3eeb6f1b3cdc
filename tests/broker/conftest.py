from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker.doubles import Broker, Provider, provider_double, recorded_broker
from tests.broker.workspace import Workspace
from tests.command import Done

Run = Callable[..., Done]


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A broker that must not be asked what is not recorded."""
    with recorded_broker() as running:
        yield running
    assert running.unknown == []


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that honours what `pact` asks of it."""
    with provider_double() as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty git repository on branch main."""
    return Workspace(tmp_path)


@pytest.fixture
def run(workspace: Workspace, broker: Broker, provider: Provider) -> Run:
    """Run a command at the recorded broker, with the versions that it knows."""

    def command(name: str, *words: str, **variables: str) -> Done:
        where = provider.options if name == "verify" and "--provider-url" not in words else ()
        given = {"OUTDIAL_VERSION": "1.0.1", "PACT_BROKER_BASE_URL": broker.url} | variables
        return workspace.run("broker", name, *where, "--provider-version", "p1", *words, **given)

    return command
