"""What the CIs run as it stands: the commands of the workflow, each machine in a folder of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "many-machines.yaml").read_text())["jobs"]
MACHINE = "${{ matrix.machine }}"


class Ci:
    """Runs jobs as GitHub does: a checkout for each, and nothing passes between them but artifacts."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._store = folder, folder / "artifacts"

    def run(self, job: str) -> list[str]:
        """What each machine of a job said. Raises AssertionError when a command fails."""
        machines = WORKFLOW[job].get("strategy", {}).get("matrix", {}).get("machine", [0])
        with ThreadPoolExecutor(len(machines)) as pool:
            return list(pool.map(lambda machine: self._machine(job, machine), machines))

    def _machine(self, job: str, machine: int) -> str:
        checkout = self._folder / f"{job}-{machine}"
        checkout.mkdir()
        (checkout / "pacts").symlink_to(ROOT / "pacts")
        (checkout / ".venv").symlink_to(Path(sys.executable).parent.parent)
        said = ""
        for step in WORKFLOW[job]["steps"]:
            filled = json.loads(json.dumps(step).replace(MACHINE, str(machine)))
            said += self._step(checkout, filled)
        return said

    def _step(self, checkout: Path, step: dict[str, Any]) -> str:
        action, given = step.get("uses", ""), step.get("with", {})
        if action.startswith("actions/upload-artifact@"):
            for source in checkout.glob(given["path"]):
                self._copy(source, self._store / given["name"])
        elif action.startswith("actions/download-artifact@"):
            for artifact in self._store.glob(given["pattern"]):
                self._copy(artifact, checkout / given["path"] / artifact.name)
        elif (command := step.get("run", "make setup")) != "make setup":
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            ended = subprocess.run(  # noqa: S602 - a CI runs it in a shell
                command, shell=True, cwd=checkout, env=environment, capture_output=True, text=True, check=False
            )
            assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
            return ended.stdout
        return ""

    @staticmethod
    def _copy(source: Path, to: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, to, dirs_exist_ok=True)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to)


def test_eight_machines_write_the_committed_pacts_and_give_one_answer(tmp_path: Path) -> None:
    """Eight processes with eight folders, twice; the joined pacts are compared by the workflow's own `diff`."""
    ci = Ci(tmp_path)
    assert len(ci.run("generate")) == 8
    (joined,) = ci.run("join")
    rows = sum(path.read_text().count('"key": ') for path in (ROOT / "pacts").glob("*.json"))
    assert f"{rows} interactions of 8 machines written" in joined
    assert len(ci.run("verify")) == 8
    (answer,) = ci.run("answer")
    assert f"{rows} interactions verified: {rows} hold, 0 do not" in answer
    assert (tmp_path / "artifacts" / "verification" / "verification.xml").read_text().count("<testcase") > rows


def test_the_machines_of_the_other_ci_run_the_same_commands() -> None:
    """GitLab's own variables stand where the workflow has its matrix, and its jobs wait for the same."""
    page = (ROOT / "docs" / "many-machines.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    jobs = yaml.safe_load(block.replace("$CI_NODE_INDEX", MACHINE).replace("$CI_NODE_TOTAL", "8"))
    assert jobs.keys() == WORKFLOW.keys()
    for name, job in jobs.items():
        steps = WORKFLOW[name]["steps"]
        assert job["script"] == [step["run"] for step in steps if "run" in step]
        assert job.get("needs", []) == [each for each in [WORKFLOW[name].get("needs")] if each]
        assert ("strategy" in WORKFLOW[name]) == (job.get("parallel") == 8)


@pytest.mark.parametrize("name", WORKFLOW)
def test_an_answer_is_had_of_machines_that_fail(name: str) -> None:
    """What a red machine found is uploaded, and joined; every action is pinned."""
    steps = WORKFLOW[name]["steps"]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    if name in ("verify", "answer"):
        uploads = [step for step in steps if "upload-artifact" in step.get("uses", "")]
        assert [step["if"] for step in uploads] == ["${{ !cancelled() }}"]
