"""The steps of the shipped workflow, in order and unchanged, at a broker that answers as a real one was recorded to.

The pact is one of ours and the provider is the stub; make itself says which command each step runs.
"""

import json
import shlex
import subprocess
from copy import deepcopy
from typing import Any

import pytest
import yaml

from outdial.broker.setting import policy_version
from outdial.provider import POLICIES
from tests.broker.doubles import JOURNEY, Broker
from tests.broker.workspace import ROOT, Workspace
from tests.command import Done

PACTS: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "pacts").glob("*.json")]
PACT = min(PACTS, key=lambda content: len(content["interactions"]))
CONSUMER, PROVIDER = PACT["consumer"]["name"], PACT["provider"]["name"]
PUSH = {"GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
PULL_REQUEST = PUSH | {"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}
TAG = PUSH | {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}
ALWAYS = [("publish", 0), ("verify", 0), ("can-i-deploy", 0)]
ON_MAIN = [("create-environment", 0), ("record-deployment", 0), ("can-i-deploy", 0), ("record-deployment", 0)]


def steps(*, on_main: bool) -> list[list[str]]:
    """The commands at the broker that the workflow runs, as make would run them."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "contract.yaml").read_text())
    commands = []
    for step in workflow["jobs"]["round-trip"]["steps"]:
        if "run" not in step or step["run"] == "make test" or ("if" in step and not on_main):
            continue
        script = step["run"].replace("$DEFAULT_BRANCH", "main")
        dry = script.replace("make ", f"make --dry-run --no-print-directory -C {ROOT} ", 1)
        said = subprocess.run(["bash", "-c", dry], capture_output=True, text=True, check=True).stdout
        commands.append(shlex.split(said.partition("bin/outdial ")[2]))
    return commands


def play(
    workspace: Workspace, broker: Broker, pact: dict[str, Any], event: dict[str, str], *labels: str,
    **names: str,
) -> tuple[list[tuple[str, int]], list[Done]]:  # fmt: skip
    """Commit the pact, check it out as a CI does, and run the steps until one fails: exit codes and outputs."""
    version = workspace.commit(pact)
    workspace.git("checkout", "--quiet", "--detach")
    at = policy_version(POLICIES, PROVIDER)
    assert at
    broker.seen.clear()
    broker.serve_pact(CONSUMER, PROVIDER, version, at, *JOURNEY, *labels, **names)
    codes, ended = [], []
    for command in steps(on_main=event is PUSH):
        ended.append(workspace.run(*command, PACT_BROKER_BASE_URL=broker.url, **event))
        codes.append((command[1], ended[-1].code))
        if ended[-1].code:
            break
    return codes, ended


def writes(broker: Broker, part: str) -> list[str]:
    """What the broker accepted, in order."""
    return [each.what for each in broker.accepted(part) if not each.what.startswith("GET")]


def test_at_first_and_after_a_compatible_change_every_step_passes(workspace: Workspace, broker: Broker) -> None:
    """Publish, verify, gate; production is created, the vendor's API recorded there at its policy's version, the
    consumer gated. After a change, results are for the version that is recorded in production."""
    broker.serve("list-environments", "create-environment-production")
    codes, ended = play(workspace, broker, PACT, PUSH)
    assert codes == ALWAYS + ON_MAIN, ended[-1].text
    deployed = writes(broker, "deployed-versions")
    assert [what.split("/")[2] for what in deployed] == [PROVIDER, CONSUMER]
    assert ": yes" in ended[5].out
    workspace.git("switch", "--quiet", "main")
    compatible = {**PACT, "interactions": PACT["interactions"][:-1]}
    codes, ended = play(workspace, broker, compatible, PUSH)
    assert codes == ALWAYS + ON_MAIN, ended[-1].text
    assert deployed[0] in writes(broker, "deployed-versions")
    [result] = [each.body for each in broker.accepted("verification-results")]
    assert f"/versions/{result['providerApplicationVersion']}/" in deployed[0]
    assert "already there" in ended[3].out


def test_after_a_breaking_change_nothing_is_deployed(workspace: Workspace, broker: Broker) -> None:
    """Verification fails, names the interaction and records it; whoever asks the gate anyway gets a no."""
    breaking = deepcopy(PACT)
    breaking["interactions"][0]["response"] = {"status": 299}
    codes, ended = play(workspace, broker, breaking, PUSH, "can-i-deploy-failed2")
    assert codes == [("publish", 0), ("verify", 1)]
    assert f"FAILED {PACT['interactions'][0]['key']}" in ended[1].out
    assert [each.body["success"] for each in broker.accepted("verification-results")] == [False]
    assert writes(broker, "deployed-versions") == []
    broker.serve_pact(CONSUMER, PROVIDER, workspace.git("rev-parse", "HEAD"), "policy", "can-i-deploy-failed2")
    asked = ("broker", "can-i-deploy", "--to", "production")
    no = workspace.run(*asked, PACT_BROKER_BASE_URL=broker.url, **PUSH)
    assert (no.code, ": no\n" in no.out) == (1, True)


@pytest.mark.parametrize("event", [PULL_REQUEST, TAG], ids=["pull request", "tag"])
def test_a_pull_request_and_a_tag_are_published_and_deploy_nothing(
    workspace: Workspace, broker: Broker, event: dict[str, str]
) -> None:
    """Under the pull request's own branch, or the tag and no branch, which no selector would find."""
    given = ([], {"branches/main": "branches/fix"}) if event is PULL_REQUEST else (["verify-no-pacts-selector"], {})
    codes, ended = play(workspace, broker, PACT, event, *given[0], **given[1])
    assert codes == ALWAYS, ended[-1].text
    [published] = [each.body for each in broker.accepted("POST /contracts")]
    assert (published.get("branch"), published.get("tags")) == (
        ("fix", None) if event is PULL_REQUEST else (None, ["v1"])
    )
    assert published["buildUrl"] == "https://github.com/o/r/actions/runs/7"
    assert writes(broker, "deployed-versions") == []
    assert bool(writes(broker, f"/{PROVIDER}/branches/fix/versions/")) == (event is PULL_REQUEST)
    [asked] = [each.body for each in broker.seen if each.what.endswith("for-verification")]
    assert ({"matchingBranch": True} in asked["consumerVersionSelectors"]) == (event is PULL_REQUEST)
