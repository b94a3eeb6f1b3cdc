"""Only rows on whose evidence a provider may be held to them decide; what the others found is kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from outdial.pact_files import PACTS
from outdial.verification.gate import BadGate, Gate
from outdial.verification.stub_process import RunningStub, running_stub
from tests.committed import interactions
from tests.conftest import Run
from tests.table_files import copy_policies, edit

PACT = PACTS / "outdial-genesys-cloud.json"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    """A provider that answers one assumed row and no published one otherwise than the stub."""
    policies = copy_policies(tmp_path_factory.mktemp("other"))
    edit(policies / "genesys-cloud.yaml", "none_of: [expired, revoked]", "none_of: [revoked]")
    with running_stub(policies) as provider:
        yield provider


@pytest.mark.parametrize(("gate", "code"), [([], 0), (["--gate", "published,assumed"], 1), (["--gate", "reported"], 5)])
def test_an_assumed_row_does_not_fail_another_provider(
    here: Run, other: RunningStub, tmp_path: Path, gate: list[str], code: int
) -> None:
    """Unless the gate says so; a run in which no row decides is not green; what the others found is data."""
    files = {name: tmp_path / f"{name}.json" for name in ("json", "junit", "observed")}
    ended = here(
        *("verify", PACT, "-k", "(get_call and (expired or unknown)) and not journey", *gate),
        *("--provider-url", f"{other.url}/genesys-cloud", "--state-url", other.state_url),
        *(word for name, path in files.items() for word in (f"--{name}", path)),
    )
    assert ended.returncode == code, f"{ended.stdout}{ended.stderr}"
    if code == 0:
        observed = {each["case"]: each for each in json.loads(files["observed"].read_text())}
        found = observed["genesys-cloud/get_call/expired-token"]
        assert (found["basis"], found["passed"], found["got"]) == ("assumed", False, "200")
        assert found["source"] == "Which code do an expired and a revoked token get?"
        assert {each["basis"] for each in observed.values()} == {"assumed"}
        assert "genesys-cloud/get_call/expired-token | assumed | not 401 bad.credentials but 200" in ended.stdout


@pytest.mark.parametrize("bases", ["published", "published,reported", "all"])
def test_the_gate_holds_the_rows_of_its_bases(bases: str) -> None:
    """And no others; a pending row never decides; an unknown basis is told the closest."""
    held = {each.basis for each in interactions() if Gate.read(bases).holds(each)}
    assert held == ({each.basis for each in interactions()} if bases == "all" else set(bases.split(",")))
    with pytest.raises(BadGate, match="did you mean 'published'"):
        Gate.read("publishd")
