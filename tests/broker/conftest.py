from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.double.server import BrokerDouble, broker_double
from tests.broker.provider_double import ProviderDouble, provider_double
from tests.broker.workspace import Workspace, new_workspace


@pytest.fixture
def broker() -> Iterator[BrokerDouble]:
    """An empty broker."""
    with broker_double() as running:
        yield running


@pytest.fixture
def provider() -> Iterator[ProviderDouble]:
    """A provider that honours what `pact` asks of it."""
    with provider_double() as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty git repository on branch main."""
    return new_workspace(tmp_path)
