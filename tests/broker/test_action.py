"""The composite action and the pre-commit hook, run as GitHub and pre-commit run them, without their installations."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.broker.workspace import ROOT, Done, Workspace

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
PACT = min((ROOT / "pacts").glob("*.json"), key=lambda path: path.stat().st_size)


def run_action(workspace: Workspace, temporary: Path, **inputs: str) -> list[Done]:
    """Run the steps after the installation; the environment of these tests stands in for the installed one."""
    (temporary / "outdial").symlink_to(sys.prefix)
    given = {name: each["default"] for name, each in ACTION["inputs"].items()} | inputs
    variables = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "RUNNER_TEMP": str(temporary),
    }
    ended = []
    for step in ACTION["runs"]["steps"]:
        if step.get("name") not in ("Verify", "Annotate"):
            continue
        own = {
            name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=workspace.folder,
            env=workspace.environment(**variables, **own),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        ended.append(Done(done.returncode, done.stdout, done.stderr))
    return ended


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's temporary folder, outside the repository."""
    return tmp_path_factory.mktemp("runner")


def pact(*, broken: bool) -> dict[str, Any]:
    """Our smallest pact with two rows, the first with a status that the stub never answers if `broken`."""
    content: dict[str, Any] = json.loads(PACT.read_text())
    content["interactions"] = content["interactions"][:2]
    if broken:
        content["interactions"][0]["response"] = {"status": 299}
    return content


def test_the_action_passes_and_annotates_nothing_when_all_rows_hold(workspace: Workspace, temporary: Path) -> None:
    verify, annotate = run_action(workspace, temporary, pacts=str(workspace.write_pact(pact(broken=False))))
    assert (verify.code, annotate.code, annotate.out) == (0, 0, ""), verify.text + annotate.text
    assert (workspace.folder / "outdial.xml").is_file()


def test_the_action_fails_and_annotates_the_row_that_does_not_hold(workspace: Workspace, temporary: Path) -> None:
    content = pact(broken=True)
    verify, annotate = run_action(workspace, temporary, pacts=str(workspace.write_pact(content)))
    assert (verify.code, annotate.code) == (1, 0), verify.text + annotate.text
    [line] = annotate.out.splitlines()
    assert line.startswith("::error ")
    assert f"title={content['interactions'][0]['key']}::" in line
    assert "299" in line
    assert "1 failed" in (temporary / "summary").read_text()


def test_an_annotation_names_file_and_line_that_the_repository_has(tmp_path: Path) -> None:
    (tmp_path / "rows.yaml").write_text("rows: []\n")
    (tmp_path / "results.xml").write_text(
        '<testsuites><testsuite><testcase name="a,b"><properties><property name="place" value="rows.yaml:7"/>'
        '</properties><failure message="no">first\nsecond</failure></testcase></testsuite></testsuites>'
    )
    command = [sys.executable, str(ROOT / ".ci" / "annotate.py"), "results.xml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "::error file=rows.yaml,line=7,title=a%2Cb::first%0Asecond\n"


def test_inputs_of_the_action_reach_scripts_as_variables_only() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]


def test_the_pre_commit_hook_names_a_command_that_exists() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = shlex.split(hook["entry"])
    assert program == "outdial"
    command = [sys.executable, "-m", "outdial", *words, "--help"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
