"""Verification is never green on nothing: whatever keeps an interaction from being checked fails it by name."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pact_files import BadPact, read_interactions
from pact_files.cutting import write_piece
from tests.conftest import ROOT, Run
from verification.stub_process import RunningStub, running_stub
from verification.target import Target
from verification.verifier import verify_piece
from verification.verify import NothingToVerify, verify

PACT = ROOT / "pacts" / "outdial-genesys-cloud.json"
CASE = "genesys-cloud/get_call/unknown-conversation"


@pytest.fixture
def pact(tmp_path: Path) -> Path:
    """A copy of one committed pact, to be spoilt."""
    return Path(shutil.copy(PACT, tmp_path))


def change(path: Path, case: str, **changes: object) -> None:
    """Give parts of one interaction of a pact new values."""
    content = json.loads(path.read_text())
    (interaction,) = [each for each in content["interactions"] if each["key"] == case]
    interaction.update(changes)
    path.write_text(json.dumps(content))


def test_every_committed_interaction_is_verified_and_listed(run: Run, tmp_path: Path) -> None:
    """`make verify` is green, has one JUnit result and one line for each interaction, and leaves none out."""
    junit = tmp_path / "junit.xml"
    ended = run("verification", f"--junitxml={junit}")
    cases = {interaction.case_id for interaction in read_interactions([ROOT / "pacts"])}
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert {case.get("name") for case in ElementTree.parse(junit).iter("testcase")} == cases  # noqa: S314 - our own file
    assert all(f"ok   {case} |" in ended.stdout for case in cases)
    assert f"{len(cases)} interactions verified: {len(cases)} hold" in ended.stdout


def test_a_renamed_state_fails_its_case_and_is_named(run: Run, pact: Path) -> None:
    """A state that no provider has is a failure of that row, which says the name and the valid ones."""
    change(pact, CASE, providerStates=[{"name": "a convresation"}])
    started = time.monotonic()
    ended = run("verification", pact, "-k", CASE)
    assert ended.returncode == 1
    assert f"FAIL {CASE}" in ended.stdout
    assert "no provider state 'a convresation' - did you mean 'a conversation'?" in ended.stdout
    assert time.monotonic() - started < 10


def test_a_parameter_that_a_state_does_not_take_is_named(run: Run, pact: Path) -> None:
    """A misspelt parameter is refused by the state, not ignored."""
    change(pact, CASE, providerStates=[{"name": "a conversation", "params": {"exist": False}}])
    ended = run("verification", pact, "-k", CASE)
    assert ended.returncode == 1
    assert "unknown key 'exist' - did you mean 'exists'?" in ended.stdout


def test_a_wrong_answer_is_shown_as_expected_and_got(run: Run, pact: Path) -> None:
    """A provider that answers otherwise fails the row, with both answers in its line."""
    content = json.loads(pact.read_text())
    (interaction,) = [each for each in content["interactions"] if each["key"] == CASE]
    interaction["response"]["status"] = 403
    interaction["response"]["body"]["content"]["code"] = "missing.permissions"
    pact.write_text(json.dumps(content))
    ended = run("verification", pact, "-k", CASE)
    assert ended.returncode == 1
    expected, got = "403 missing.permissions", "404 conversation.error.conversation.not.found"
    assert f"FAIL {CASE} | expected {expected} | got {got}" in ended.stdout


def test_a_filter_that_matches_nothing_is_not_green(run: Run) -> None:
    """No interaction, no success: pytest's exit code 5."""
    assert run("verification", "-k", "no-such-case").returncode == 5


def test_no_pacts_are_not_green(stub: RunningStub, tmp_path: Path) -> None:
    """An empty folder, an empty pact and an empty list are errors."""
    with pytest.raises(BadPact, match="no pacts in"):
        read_interactions([tmp_path])
    empty = tmp_path / "empty.json"
    empty.write_text('{"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": []}')
    with pytest.raises(BadPact, match="without interactions"):
        read_interactions([empty])
    with pytest.raises(NothingToVerify):
        list(verify([], Target(stub.url, stub.state_url)))


def test_a_case_that_the_verifier_leaves_out_has_failed(stub: RunningStub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are compared with what was asked for: a verifier that skips an interaction does not pass it."""
    monkeypatch.setattr("verification.verifier.write_piece", lambda piece, path: write_piece(piece[1:], path))
    piece = read_interactions([PACT])[:2]
    skipped, checked = verify_piece(piece, f"{stub.url}/genesys-cloud", stub.state_url)
    assert (skipped.passed, checked.passed) == (False, True)
    assert "did not check this interaction" in skipped.problems[0]


def test_a_stub_that_stops_half_way_fails_the_rest_within_seconds() -> None:
    """Interactions that get no answer have failed, each by name, and soon."""
    interactions = read_interactions([PACT])
    started = time.monotonic()
    with running_stub() as stub:
        threading.Timer(0.35, stub.process.kill).start()
        found = verify(interactions, Target(stub.url, stub.state_url), workers=1)
        results = {interaction.case_id: result for interaction, result in found}
    failed = [result for result in results.values() if not result.passed]
    assert len(results) == len(interactions)
    assert failed
    assert all(result.problems for result in failed)
    assert time.monotonic() - started < 20


def test_any_verifier_can_use_the_stub_and_its_states(stub: RunningStub) -> None:
    """Pact's own binary, with no Python of ours in between, verifies the committed pacts."""
    for pact in sorted((ROOT / "pacts").glob("outdial-*.json")):
        provider = json.loads(pact.read_text())["provider"]["name"]
        port = stub.url.rsplit(":", 1)[1]
        ended = subprocess.run(
            [
                *(Path(sys.executable).parent / "pact", "verifier", "--file", pact, "--hostname", "127.0.0.1"),
                *("--port", port, "--base-path", f"/{provider}", "--state-change-url", stub.state_url),
                *("--provider-name", provider),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        assert ended.stdout.count("returns a response which") == pact.read_text().count('"key": ')


def test_a_provider_elsewhere_is_verified_by_its_urls(run: Run, stub: RunningStub) -> None:
    """The same pacts run against any base URL and state URL; several providers at once are refused."""
    urls = ("--provider-url", f"{stub.url}/genesys-cloud", "--state-url", stub.state_url)
    assert run("verification", PACT, *urls).returncode == 0
    refused = run("verification", *urls)
    assert refused.returncode == 4
    assert "--provider-url is one provider" in refused.stdout + refused.stderr
    assert run("verification", PACT, *urls[:2]).returncode == 4
