"""What others run as it stands: compose.yaml, the workflows, the webhook, and `make broker` without Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from outdial.broker.local import ADDRESS
from tests.broker.recorded_broker import RecordedBroker
from tests.broker.workspace import ROOT, Workspace

COMPOSE = ROOT / "compose.yaml"
CONTRACT = ROOT / ".github" / "workflows" / "contract.yaml"
WORKFLOWS = sorted(CONTRACT.parent.glob("*.yaml"))


def found(value: Any, name: str) -> list[str]:
    """Every value of the key `name`, however deep."""
    if isinstance(value, dict):
        here = [value[name]] if isinstance(value.get(name), str) else []
        return here + [each for inner in value.values() for each in found(inner, name)]
    return [each for inner in value for each in found(inner, name)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", [COMPOSE, CONTRACT], ids=lambda path: path.name)
def test_images_are_pinned_to_a_version(path: Path) -> None:
    """The same broker tomorrow as today, and the same one on a laptop as in CI."""
    images = found(yaml.safe_load(path.read_text()), "image")
    assert images
    assert all(re.search(r":\d+\.\d+", image) for image in images)
    assert [i for i in images if "pact-broker" in i] == [
        i for i in found(yaml.safe_load(COMPOSE.read_text()), "image") if "pact-broker" in i
    ]


def test_the_broker_on_a_laptop_is_ready_empty_and_silent() -> None:
    """It is waited for until it answers, knows its addresses, has no examples and tells nobody that it runs."""
    broker = yaml.safe_load(COMPOSE.read_text())["services"]["broker"]
    assert "heartbeat" in " ".join(broker["healthcheck"]["test"])
    settings = broker["environment"]
    assert ADDRESS in settings["PACT_BROKER_BASE_URL"].split()
    assert (settings["PACT_BROKER_SEED_EXAMPLE_DATA"], settings["PACT_DO_NOT_TRACK"]) == ("false", "true")


def test_the_webhook_of_the_page_is_what_the_broker_takes(workspace: Workspace, broker: RecordedBroker) -> None:
    """The recipe as it stands, run with the real client: the event, and the pact's URL in the payload."""
    page = (ROOT / "docs" / "broker.md").read_text()
    [recipe] = re.findall(r"```sh\n(pact broker create-webhook.*?)```", page, re.DOTALL)
    broker.serve("create-webhook")
    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_TOKEN": "made-up"}
    environment = workspace.environment(PACT_BROKER_BASE_URL=broker.url, **tools)
    done = subprocess.run(["bash", "-ec", recipe], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [webhook] = [each.body for each in broker.seen if each.what == "POST /webhooks"]
    assert webhook["events"] == [{"name": "contract_requiring_verification_published"}]
    assert webhook["request"]["body"]["client_payload"]["pact_url"] == "${pactbroker.pactUrl}"


def test_every_target_of_the_workflow_exists() -> None:
    """A renamed target would only be noticed in somebody's CI."""
    makefile = (ROOT / "Makefile").read_text()
    for path in WORKFLOWS:
        for target in re.findall(r"run: make ([a-z-]+)", path.read_text()):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("docker", ["absent", "without compose", "without a daemon"])
def test_without_docker_there_is_one_clear_message(workspace: Workspace, tmp_path: Path, docker: str) -> None:
    """`make broker` says what is missing and that a broker elsewhere will do."""
    if docker != "absent":
        pretend(tmp_path, "exit 1" if docker == "without compose" else '[ "$1" = compose ]')
    done = workspace.run("broker", "start", PATH=str(tmp_path))
    assert done.code == 2
    assert done.err.count("\n") == 2
    assert "PACT_BROKER_BASE_URL" in done.err


def test_the_broker_is_started_stopped_and_reset(workspace: Workspace, tmp_path: Path) -> None:
    """Started until it is healthy; stopped with what it holds, reset without."""
    pretend(tmp_path, f'echo "$@" >> {tmp_path}/asked')
    ended = [workspace.run("broker", action, PATH=f"{tmp_path}:/bin:/usr/bin") for action in ("start", "stop", "reset")]
    assert [done.code for done in ended] == [0, 0, 0]
    asked = (tmp_path / "asked").read_text()
    assert re.findall(r"compose --file \S+/compose.yaml (.*)", asked) == [
        "up --detach --wait",
        "down",
        "down --volumes",
    ]


def pretend(folder: Path, script: str) -> None:
    """A docker that does this instead."""
    (folder / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "docker").chmod(0o755)
