"""Files that others run as they stand: the webhook, the action, the pre-commit hook."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from outdial.__main__ import main
from tests.broker.doubles import Broker
from tests.broker.workspace import ROOT, Workspace

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
PACT = min((ROOT / "pacts").glob("*.json"), key=lambda path: path.stat().st_size)


def test_the_webhook_of_the_page_is_what_the_broker_takes(workspace: Workspace, broker: Broker) -> None:
    """The recipe as it stands, run with the real client: the event, and the pact's URL in the payload."""
    page = (ROOT / "docs" / "broker.md").read_text()
    [recipe] = re.findall(r"```sh\n(pact broker create-webhook.*?)```", page, re.DOTALL)
    broker.serve("create-webhook")
    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_TOKEN": "made-up"}
    environment = workspace.environment(PACT_BROKER_BASE_URL=broker.url, **tools)
    done = subprocess.run(["bash", "-ec", recipe], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [webhook] = [each.body for each in broker.accepted("POST /webhooks")]
    assert webhook["events"] == [{"name": "contract_requiring_verification_published"}]
    assert webhook["request"]["body"]["client_payload"]["pact_url"] == "${pactbroker.pactUrl}"


def test_the_action_annotates_the_rows_that_do_not_hold(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its steps after the installation, run as GitHub runs them; inputs reach scripts as variables only."""
    content: dict[str, Any] = json.loads(PACT.read_text())
    content |= {"interactions": content["interactions"][:2], "metadata": {"pactSpecification": {"version": "4.0"}}}
    content["interactions"][0]["response"] = {"status": 299}
    temporary = tmp_path_factory.mktemp("runner")
    (temporary / "outdial").symlink_to(sys.prefix)
    given = {name: each["default"] for name, each in ACTION["inputs"].items()}
    given |= {"pacts": str(workspace.write_pact(content))}
    variables = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "RUNNER_TEMP": str(temporary),
    }
    ended = []
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if step.get("name") in ("Verify", "Annotate"):
            names = {name: re.sub(r"^\$\{\{ inputs\.| \}\}$", "", value) for name, value in step["env"].items()}
            own = {name: given[value] for name, value in names.items()}
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            environment = workspace.environment(**variables, **own)
            ended.append(
                subprocess.run(
                    shell, cwd=workspace.folder, env=environment, capture_output=True, text=True, check=False
                )
            )
    verify, annotate = ended
    assert (verify.returncode, annotate.returncode) == (1, 0), verify.stdout + annotate.stderr
    assert (workspace.folder / "outdial.xml").is_file()
    [line] = annotate.stdout.splitlines()
    assert f"title={content['interactions'][0]['key']}::" in line
    assert "299" in line
    assert "2 rows verified, 1 failed" in (temporary / "summary").read_text()


def test_an_annotation_names_file_and_line_that_the_repository_has(tmp_path: Path) -> None:
    """Special characters are escaped as GitHub reads them."""
    (tmp_path / "rows.yaml").write_text("rows: []\n")
    (tmp_path / "results.xml").write_text(
        '<testsuites><testsuite><testcase name="a,b"><properties><property name="place" value="rows.yaml:7"/>'
        '</properties><failure message="no">first\nsecond</failure></testcase></testsuite></testsuites>'
    )
    command = [sys.executable, str(ROOT / ".ci" / "annotate.py"), "results.xml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "::error file=rows.yaml,line=7,title=a%2Cb::first%0Asecond\n"


def test_the_pre_commit_hook_names_a_command_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    """A renamed command would only be noticed in somebody's commit."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = shlex.split(hook["entry"])
    with pytest.raises(SystemExit) as leaving:
        main([*words, "--help"])
    assert (program, leaving.value.code) == ("outdial", 0), capsys.readouterr()
