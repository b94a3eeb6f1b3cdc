"""What others run as it stands: compose.yaml, the workflow, and `make broker` where there is no Docker."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.broker.workspace import ROOT, Workspace

COMPOSE = ROOT / "compose.yaml"
WORKFLOW = ROOT / ".github" / "workflows" / "contract.yaml"


def found(value: Any, name: str) -> list[str]:
    """Every value of the key `name`, however deep."""
    if isinstance(value, dict):
        here = [value[name]] if isinstance(value.get(name), str) else []
        return here + [each for inner in value.values() for each in found(inner, name)]
    return [each for inner in value for each in found(inner, name)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", [COMPOSE, WORKFLOW], ids=lambda path: path.name)
def test_images_are_pinned_to_a_version(path: Path) -> None:
    """The same broker tomorrow as today, and the same one on a laptop as in CI."""
    images = found(yaml.safe_load(path.read_text()), "image")
    assert images
    assert all(re.search(r":\d+\.\d+", image) for image in images)
    assert [i for i in images if "pact-broker" in i] == [
        i for i in found(yaml.safe_load(COMPOSE.read_text()), "image") if "pact-broker" in i
    ]


def test_actions_are_pinned_to_a_commit() -> None:
    """A tag can be moved, a commit cannot; the comment says which release it is."""
    lines = [line for line in WORKFLOW.read_text().splitlines() if "uses:" in line]
    assert lines
    assert all(re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in lines)


def test_the_workflow_tests_publishes_verifies_and_gates_in_this_order() -> None:
    """The gate asks about what was just verified, and pull requests get no secret."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    runs = found(workflow["jobs"]["round-trip"], "run")
    assert runs == ["make test", "make publish", "make verify-broker", "make can-i-deploy"]
    assert "secrets." not in str(workflow["jobs"]["round-trip"])
    assert workflow["permissions"] == {"contents": "read"}


def test_every_target_of_the_workflow_exists() -> None:
    """A renamed target would only be noticed in somebody's CI."""
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z-]+)", WORKFLOW.read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("docker", ["absent", "without compose", "without a daemon"])
def test_without_docker_there_is_one_clear_message(workspace: Workspace, tmp_path: Path, docker: str) -> None:
    """`make broker` says what is missing and that a broker elsewhere will do."""
    tools = tmp_path / "bin"
    tools.mkdir()
    if docker != "absent":
        answers = "exit 1" if docker == "without compose" else '[ "$1" = compose ]'
        (tools / "docker").write_text(f"#!/bin/sh\n{answers}\n")
        (tools / "docker").chmod(0o755)
    done = workspace.run("broker", PATH=str(tools))
    assert done.code == 2
    assert done.err.count("\n") == 2
    assert "PACT_BROKER_BASE_URL" in done.err
