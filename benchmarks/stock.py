"""The stock way, as the examples of pact-python show it, for the same scenarios and the same stub.

`pytest -p consumer_tests.conftest benchmarks/stock.py` generates: same options, same rows, but each test writes
its interaction into the one pact file, which merges. `python -m benchmarks.stock PACT PROVIDER` verifies: one
Verifier on the whole pact.
"""

import sys
from pathlib import Path

import pytest
from pact import Verifier

from outdial.generation.clients import play
from outdial.tables import Scenario
from outdial.tables.interaction import declare
from outdial.verification.stub_process import running_stub
from outdial.verification.verifier import quieten


def test_scenario(scenario: Scenario, pytestconfig: pytest.Config) -> None:
    """The request of one row, then its interaction merged into the pact."""
    pact = declare(scenario)
    with pact.serve(raises=True) as server:
        play(scenario, str(server.url).rstrip("/"))
    pact.write_file(pytestconfig.option.pacts)


def main(pact: Path, provider: str) -> None:
    """Verify a whole pact against the stub. Raises RuntimeError when it does not hold."""
    quieten()
    with running_stub() as stub:
        (
            Verifier(provider, "127.0.0.1")
            .add_source(pact)
            .add_transport(url=f"{stub.url}/{provider}")
            .state_handler(stub.state_url, body=True)
            .verify()
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
