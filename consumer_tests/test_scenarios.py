"""Every scenario of every table, played by its consumer against Pact's mock server."""

from pathlib import Path

import pytest

from consumer_tests.conftest import RecordProperty
from outdial.generation.play import play
from outdial.tables import Scenario
from outdial.tables.interaction import declare


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for Pact's files, one per worker."""
    return tmp_path_factory.mktemp("pact")


def test_scenario(scenario: Scenario, written: Path, record_property: RecordProperty) -> None:
    """The client sends exactly the row's request, and makes of the answer what the row says."""
    pact = declare(scenario)
    with pact.serve(raises=True) as server:
        play(scenario, str(server.url).rstrip("/"))
    pact.write_file(written, overwrite=True)
    record_property("case", scenario.case_id)
    content = written / f"{scenario.consumer}-{scenario.provider}.json"
    record_property("pact", content.read_text(encoding="utf-8"))
