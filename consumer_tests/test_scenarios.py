"""Every scenario of every table, played by its consumer against Pact's mock server."""

import pytest

from consumer_tests.conftest import PLAYED
from outdial.generation.clients import play
from outdial.tables import Scenario
from outdial.tables.interaction import declare


def test_scenario(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> None:
    """The client sends exactly the row's request, and makes of the answer what the row says."""
    pact, written = declare(scenario), tmp_path_factory.getbasetemp()
    with pact.serve(raises=True) as server:
        play(scenario, str(server.url).rstrip("/"))
    pact.write_file(written, overwrite=True)
    content = (written / f"{scenario.consumer}-{scenario.provider}.json").read_text(encoding="utf-8")
    pytestconfig.stash[PLAYED][scenario.case_id] = content
