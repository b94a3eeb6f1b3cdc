"""Every scenario of every table, played by its consumer against Pact's mock server."""

from pathlib import Path

import pytest

from outdial.generation.play import play
from outdial.pact_files.join import write_shard
from outdial.tables import Scenario
from outdial.tables.interaction import declare


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for Pact's files, one per worker."""
    return tmp_path_factory.mktemp("pact")


def test_scenario(scenario: Scenario, shards: Path, written: Path) -> None:
    """The client sends exactly the row's request, and makes of the answer what the row says."""
    pact = declare(scenario)
    with pact.serve(raises=True) as server:
        play(scenario, str(server.url).rstrip("/"))
    pact.write_file(written, overwrite=True)
    content = (written / f"{scenario.consumer}-{scenario.provider}.json").read_text(encoding="utf-8")
    write_shard(shards, scenario.case_id, content)
