"""The steps of the shipped workflow, in order and unchanged, at a broker that answers as a real one was recorded to.

The pact is one of ours and the provider is the stub; make itself says which command each step runs.
"""

import json
import shlex
import subprocess
from copy import deepcopy
from typing import Any

import yaml

from outdial.broker.setting import policy_version
from outdial.provider import POLICIES
from tests.broker.doubles import JOURNEY, RecordedBroker
from tests.broker.workspace import ROOT, Workspace
from tests.command import Done

PACTS: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "pacts").glob("*.json")]
PACT = min(PACTS, key=lambda content: len(content["interactions"]))
CONSUMER, PROVIDER = PACT["consumer"]["name"], PACT["provider"]["name"]
PUSH = {"GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
PULL_REQUEST = PUSH | {"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}
TAG = PUSH | {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}
ALWAYS = ["publish", "verify", "can-i-deploy"]
ON_MAIN = ["create-environment", "record-deployment", "can-i-deploy", "record-deployment"]


def steps(*, on_main: bool) -> list[list[str]]:
    """The commands at the broker that the workflow runs, as make would run them."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "contract.yaml").read_text())
    commands = []
    for step in workflow["jobs"]["round-trip"]["steps"]:
        if "run" not in step or step["run"] == "make test" or ("if" in step and not on_main):
            continue
        script = step["run"].replace("$DEFAULT_BRANCH", "main")
        assert script.startswith("make ")
        dry = script.replace("make ", f"make --dry-run --no-print-directory -C {ROOT} ", 1)
        said = subprocess.run(["bash", "-c", dry], capture_output=True, text=True, check=True).stdout
        commands.append(shlex.split(said.partition("bin/outdial ")[2]))
    return commands


def changed(status: int | None = None) -> dict[str, Any]:
    """Our pact with one interaction less (compatible), or with a status that no rule of the provider gives."""
    pact = deepcopy(PACT)
    pact["interactions"].pop()
    if status:
        pact["interactions"][0]["response"] = {"status": status}
    return pact


def play(
    workspace: Workspace,
    broker: RecordedBroker,
    pact: dict[str, Any],
    event: dict[str, str],
    *labels: str,
    **names: str,
) -> list[tuple[str, Done]]:
    """Commit the pact, check it out as a CI does, and run the steps until one fails."""
    version = workspace.commit(pact)
    workspace.git("checkout", "--quiet", "--detach")
    at = policy_version(POLICIES, PROVIDER)
    assert at
    broker.seen.clear()
    broker.serve_pact(CONSUMER, PROVIDER, version, at, *JOURNEY, *labels, **names)
    ended: list[tuple[str, Done]] = []
    for command in steps(on_main=event is PUSH):
        ended.append((command[1], workspace.run(*command, PACT_BROKER_BASE_URL=broker.url, **event)))
        if ended[-1][1].code:
            break
    return ended


def codes(ended: list[tuple[str, Done]]) -> list[tuple[str, int]]:
    """Each step with its exit code."""
    return [(name, done.code) for name, done in ended]


def writes(broker: RecordedBroker) -> list[str]:
    """What the broker accepted, in order."""
    return [each.what for each in broker.seen if each.accepted and not each.what.startswith("GET")]


def holding(names: list[str]) -> list[tuple[str, int]]:
    """All of these steps pass."""
    return [(name, 0) for name in names]


def test_on_an_empty_broker_and_after_a_compatible_change_every_step_passes(
    workspace: Workspace, broker: RecordedBroker
) -> None:
    """Publish, verify, gate; production is created, the vendor's API recorded there at its policy's version, the
    consumer gated. After a change, results are for the version that is recorded in production."""
    broker.serve("list-environments", "create-environment-production")
    ended = play(workspace, broker, PACT, PUSH)
    assert codes(ended) == holding(ALWAYS + ON_MAIN), ended[-1][1].text
    deployed = [what for what in writes(broker) if "deployed-versions" in what]
    assert [what.split("/")[2] for what in deployed] == [PROVIDER, CONSUMER]
    assert "interactions: " in ended[1][1].out
    assert ": yes" in ended[5][1].out
    workspace.git("switch", "--quiet", "main")
    ended = play(workspace, broker, changed(), PUSH)
    assert codes(ended) == holding(ALWAYS + ON_MAIN), ended[-1][1].text
    assert deployed[0] in writes(broker)
    [result] = [each.body for each in broker.accepted("verification-results")]
    assert f"/versions/{result['providerApplicationVersion']}/" in deployed[0]
    assert "already there" in ended[3][1].out


def test_after_a_breaking_change_the_job_stops_before_anything_is_deployed(
    workspace: Workspace, broker: RecordedBroker
) -> None:
    """Verification fails, names the interaction and records it; whoever asks the gate anyway gets a no."""
    ended = play(workspace, broker, changed(status=299), PUSH, "can-i-deploy-failed2")
    assert codes(ended) == [("publish", 0), ("verify", 1)]
    key = PACT["interactions"][0]["key"]
    assert f"FAILED {key}" in ended[1][1].out
    assert [each.body["success"] for each in broker.seen if each.what.endswith("verification-results")] == [False]
    assert not any("deployed-versions" in what for what in writes(broker))
    version = workspace.git("rev-parse", "HEAD")
    asked = ("broker", "can-i-deploy", "--to", "production")
    broker.serve_pact(CONSUMER, PROVIDER, version, "policy", "can-i-deploy-failed2")
    no = workspace.run(*asked, PACT_BROKER_BASE_URL=broker.url, **PUSH)
    assert (no.code, ": no\n" in no.out) == (1, True)


def test_a_pull_request_publishes_under_its_own_branch_and_deploys_nothing(
    workspace: Workspace, broker: RecordedBroker
) -> None:
    """HEAD is detached and GitHub's name of the ref is no branch."""
    ended = play(workspace, broker, PACT, PULL_REQUEST, **{"branches/main": "branches/fix"})
    assert codes(ended) == holding(ALWAYS), ended[-1][1].text
    [published] = [each.body for each in broker.seen if each.what.startswith("POST /contracts")]
    assert (published["branch"], published["buildUrl"]) == ("fix", "https://github.com/o/r/actions/runs/7")
    assert any(f"/{PROVIDER}/branches/fix/versions/" in what for what in writes(broker))
    assert not any("deployed-versions" in what for what in writes(broker))


def test_a_tag_publishes_under_its_tag_and_no_branch(workspace: Workspace, broker: RecordedBroker) -> None:
    """The tag's commit is verified by its version: no selector would find a version without a branch."""
    ended = play(workspace, broker, PACT, TAG, "verify-no-pacts-selector")
    assert codes(ended) == holding(ALWAYS), ended[-1][1].text
    [published] = [each.body for each in broker.seen if each.what.startswith("POST /contracts")]
    assert ("branch" in published, published["tags"]) == (False, ["v1"])
    [asked] = [each.body for each in broker.seen if each.what.endswith("for-verification")]
    assert {"matchingBranch": True} not in asked["consumerVersionSelectors"]
    assert not any("/branches/" in what for what in writes(broker))
