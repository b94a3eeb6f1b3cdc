"""The public API and the pytest plugin, as an application uses them."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from outdial import Stub, load_contract, verify
from tests.conftest import ROOT

PACT = ROOT / "pacts" / "outdial-genesys-cloud.json"
BARE = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}


def test_a_stub_serves_states_and_decisions_and_forgets() -> None:
    """A token of a state is accepted until `reset`; a refusal tells its rule."""
    with Stub() as stub:
        call = stub.state("a conversation")["conversationId"]
        token = stub.state("an access token", grant="authorization_code", scopes=["conversations"], user={})
        url = f"{stub.url('genesys-cloud')}/api/v2/conversations/calls/{call}"
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        assert requests.get(url, headers=headers, timeout=5).status_code == 200
        stub.reset()
        refused = requests.get(url, headers=headers, timeout=5)
        assert refused.status_code == 401
        assert stub.why(refused)["refused_by"]
        with pytest.raises(ValueError, match="did you mean 'an agent'"):
            stub.state("an agnt")
        with pytest.raises(KeyError):
            stub.url("genesys")
    with pytest.raises(RuntimeError, match="not running"):
        stub.reset()


def test_a_verification_returns_its_results() -> None:
    """Rows, and whether all hold."""
    done = verify([PACT], select="get_call/unknown-conversation")
    assert done.passed
    assert (done.rows, done.selected) == (len([1 for row in load_contract() if row.provider == "genesys-cloud"]), 1)
    assert [each.case_id for each in done.findings] == ["genesys-cloud/get_call/unknown-conversation"]


def test_rows_that_no_organisation_can_arrange_are_skipped_elsewhere() -> None:
    """They are played against our stub only, and counted."""
    never = {row.case_id for row in load_contract() if row.provider == "genesys-cloud" and row.never}
    one = min(never)
    with Stub() as stub:
        states = f"{stub.url('genesys-cloud').rpartition('/')[0]}/provider-states"
        done = verify([PACT], stub.url("genesys-cloud"), states, select=f"{one} or get_call/unknown-conversation")
    assert (done.never, {each.case_id for each in done.findings}) == (
        1,
        {"genesys-cloud/get_call/unknown-conversation"},
    )
    assert done.findings[0].gates


def test_importing_outdial_loads_no_room() -> None:
    """An application that imports the package does not wait for pydantic, pytest or Pact."""
    program = "import sys, outdial; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"pydantic", "pytest", "pact", "yaml", "requests", "outdial.tables"} & set(loaded.stdout.split())


@pytest.mark.slow
def test_the_example_runs(tmp_path: Path) -> None:
    """The file that shows the API is executed as it stands."""
    ended = subprocess.run(
        [sys.executable, ROOT / "examples" / "api.py"], cwd=tmp_path, env=BARE,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "403 refused by " in ended.stdout
    assert "Refused: the token has no user (400 not.a.user)." in ended.stdout
    assert "passed ['genesys-cloud/get_call/unknown-conversation']" in ended.stdout


@pytest.mark.slow
def test_the_example_type_checks(tmp_path: Path) -> None:
    """An application's type checker sees the types of the API."""
    typed = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", "examples/api.py"]
    checked = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_example_of_the_page_passes(tmp_path: Path) -> None:
    """The test in docs/pytest.md runs outside the checkout, with the plugin alone."""
    page = (ROOT / "docs" / "pytest.md").read_text()
    example = page.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "test_application.py").write_text(example)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path, env=BARE, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
