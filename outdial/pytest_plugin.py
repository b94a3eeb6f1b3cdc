"""The pytest plugin: fixture `outdial_stub`, one stub per session, emptied before each test."""

from collections.abc import Iterator

import pytest

from outdial.api import Stub


@pytest.fixture(scope="session")
def _outdial_session_stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


@pytest.fixture
def outdial_stub(_outdial_session_stub: Stub) -> Stub:
    """A provider stub without agents, tokens and calls: `.url(edition)`, `.state(name, **params)`, `.why(response)`."""
    _outdial_session_stub.reset()
    return _outdial_session_stub
