"""Every scenario of every table, played by its consumer against Pact's mock server."""

from pathlib import Path
from tempfile import TemporaryDirectory

from consumer_tests.interaction import declare
from consumer_tests.pact_files import write_shard
from consumer_tests.play import play
from contracts import Scenario


def test_scenario(scenario: Scenario, shards: Path) -> None:
    """The client sends exactly the row's request, and makes of the answer what the row says."""
    pact = declare(scenario)
    with pact.serve(raises=True) as server:
        play(scenario, str(server.url).rstrip("/"))
    with TemporaryDirectory(dir=shards.parent) as folder:
        pact.write_file(folder)
        (written,) = Path(folder).iterdir()
        write_shard(shards, scenario.case_id, written.read_text(encoding="utf-8"))
