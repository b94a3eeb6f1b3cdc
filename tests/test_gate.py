"""Only rows on whose evidence a provider may be held to them decide; what the others found is kept."""

import json
from pathlib import Path

import pytest

from outdial.pact_files import PACTS
from outdial.verification.gate import BadGate, Gate
from outdial.verification.stub_process import running_stub
from tests.conftest import Run
from tests.table_files import copy_policies, edit

PACT = PACTS / "outdial-genesys-cloud.json"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Policies of a provider that answers one assumed row and no published one otherwise than the stub."""
    policies = copy_policies(tmp_path_factory.mktemp("other"))
    edit(policies / "genesys-cloud.yaml", "none_of: [expired, revoked]", "none_of: [revoked]")
    return policies


def test_an_assumed_row_does_not_fail_another_provider(run: Run, other: Path, tmp_path: Path) -> None:
    """Against a provider that is not the stub, published rows decide; what the others found is data."""
    with running_stub(other) as provider:
        ended = run(
            "verify",
            PACT,
            *("--provider-url", f"{provider.url}/genesys-cloud", "--state-url", provider.state_url),
            *("-k", "get_call", "--json", tmp_path / "all.json", "--junit", tmp_path / "all.xml"),
            *("--observed", tmp_path / "observed.json"),
        )
    assert ended.returncode == 0, ended.stdout
    observed = {each["case"]: each for each in json.loads((tmp_path / "observed.json").read_text())}
    found = observed["genesys-cloud/get_call/expired-token"]
    assert (found["basis"], found["passed"], found["got"]) == ("assumed", False, "200")
    assert found["source"] == "Which code do an expired and a revoked token get?"
    assert {each["basis"] for each in observed.values()} == {"assumed"}
    assert "genesys-cloud/get_call/expired-token | assumed | not 401 bad.credentials but 200" in ended.stdout


@pytest.mark.parametrize(("gate", "code"), [("all", 1), ("published,assumed", 1), ("published", 0), ("reported", 5)])
def test_the_gate_decides(run: Run, other: Path, tmp_path: Path, gate: str, code: int) -> None:
    """A row outside the gate never fails the run; a run in which no row decides is not green."""
    files = ("--json", tmp_path / "all.json", "--junit", tmp_path / "all.xml", "--observed", tmp_path / "seen.json")
    ended = run("verify", PACT, "--policies", other, "-k", "expired-token or unknown-token", "--gate", gate, *files)
    assert ended.returncode == code, f"{ended.stdout}{ended.stderr}"


def test_a_basis_that_there_is_not_is_refused() -> None:
    """The message suggests the closest."""
    with pytest.raises(BadGate, match="did you mean 'published'"):
        Gate.read("publishd")
