"""The public API and the pytest plugin, as an application uses them."""

import os
import re
import shutil
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


def test_a_verification_leaves_out_rows_that_no_organisation_can_arrange() -> None:
    """Elsewhere they are skipped and counted: they are played against our stub only."""
    rows = [row for row in load_contract() if row.provider == "genesys-cloud"]
    never = min(row.case_id for row in rows if row.never)
    with Stub() as stub:
        states = f"{stub.url('genesys-cloud').rpartition('/')[0]}/provider-states"
        done = verify([PACT], stub.url("genesys-cloud"), states, select=f"{never} or get_call/unknown-conversation")
    assert (done.passed, done.rows, done.never) == (True, len(rows), 1)
    assert [each.case_id for each in done.findings] == ["genesys-cloud/get_call/unknown-conversation"]
    assert done.findings[0].gates


def test_importing_outdial_loads_no_room() -> None:
    """An application that imports the package does not wait for pydantic, pytest or Pact."""
    program = "import sys, outdial; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"pydantic", "pytest", "pact", "yaml", "requests", "outdial.tables"} & set(loaded.stdout.split())


def ends(*words: object, folder: Path) -> str:
    """What a program of Python prints; it must end with success."""
    command = [sys.executable, *map(str, words)]
    ended = subprocess.run(command, cwd=folder, env=BARE, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def command_in(folder: Path) -> Path:
    """Put the command `outdial` of this project into a folder."""
    (folder / "outdial").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outdial "$@"\n')
    (folder / "outdial").chmod(0o755)
    return folder


@pytest.mark.slow
def test_the_example_runs_and_type_checks(tmp_path: Path) -> None:
    """The file that shows the API is executed as it stands."""
    printed = ends(ROOT / "examples" / "api.py", folder=tmp_path)
    assert "403 refused by " in printed
    assert "Refused: the token has no user (400 not.a.user)." in printed
    assert "passed ['genesys-cloud/get_call/unknown-conversation']" in printed
    ends("-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", "examples/api.py", folder=ROOT)


@pytest.mark.parametrize("page", ["pytest.md", pytest.param("stub.md", marks=pytest.mark.slow)])
def test_the_example_of_the_page_passes(tmp_path: Path, page: str) -> None:
    """The test of a page runs outside the checkout, with the plugin alone."""
    example = (ROOT / "docs" / page).read_text().partition("```python\n")[2].partition("```")[0]
    (tmp_path / "test_application.py").write_text(example)
    path = f"{command_in(tmp_path)}:/usr/bin:/bin"
    program = f"import os, pytest; os.environ['PATH'] = '{path}'; raise SystemExit(pytest.main())"
    assert "1 passed" in ends("-c", program, folder=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "name", "program"), [("js", "refused.mjs", "node"), ("java", "Refused.java", "java")]
)
def test_the_example_in_another_language_prints_the_code_of_the_refusal(
    tmp_path: Path, language: str, name: str, program: str
) -> None:
    """With nothing of ours but the command `outdial`: it starts the stub, is refused, and stops it."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here")
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "docs" / "stub.md").read_text(), re.M | re.S)
    (tmp_path / name).write_text(text)
    environment = {**os.environ, "PATH": f"{command_in(tmp_path)}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [program, name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "missing.any.permissions"), ended.stderr
