"""Verification is never green on nothing: whatever keeps an interaction from being checked fails it by name."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from outdial import verify
from outdial.pact_files import BadPact, read_interactions
from outdial.pact_files.selection import selector
from outdial.verification import report
from outdial.verification.result import Finding, Got
from outdial.verification.run import Verification
from outdial.verification.stub_process import RunningStub, running_stub
from outdial.verification.target import ProviderUnreachable, Target
from outdial.verification.verifier import piece_of, verify_piece
from outdial.verification.verify import NothingToVerify
from outdial.verification.verify import verify as verify_rows
from tests.command import Done, outdial
from tests.conftest import ROOT
from tests.table_files import copy_policies, copy_tables, edit

PACT = ROOT / "pacts" / "outdial-genesys-cloud.json"
CASE = "genesys-cloud/get_call/unknown-conversation"


def results(folder: Path) -> tuple[object, ...]:
    """Return the options that keep results in a folder."""
    return ("--json", folder / "r.json", "--junit", folder / "r.xml")


def part(folder: Path, *spoils: Callable[[dict[str, Any]], object]) -> Path:
    """Return a pact of rows that read an unknown call, each spoilt in its way; nobody's journeys belong to it."""
    content = json.loads(PACT.read_text())
    (row,) = [each for each in content["interactions"] if each["key"] == CASE]
    content["interactions"] = [json.loads(json.dumps({**row, "key": f"row-{at}"})) for at in range(len(spoils))]
    for each, spoil in zip(content["interactions"], spoils, strict=True):
        spoil(each)
    del content["metadata"]["outdial"]
    (folder / "pact.json").write_text(json.dumps(content))
    return folder / "pact.json"


def test_every_committed_interaction_is_verified_and_reported(tmp_path: Path) -> None:
    """`make verify` is green, has one JUnit result for each interaction, and prints none that holds."""
    done = outdial("verify", *results(tmp_path), folder=ROOT)
    cases = {row.case_id for row in read_interactions([ROOT / "pacts"])}
    assert done.code == 0, done.out[-3000:]
    rows = ElementTree.parse(tmp_path / "r.xml").find("testsuite")  # noqa: S314 - our own file
    assert rows is not None
    assert {case.get("name") for case in rows.iter("testcase")} == cases
    assert {each["case"] for each in json.loads((tmp_path / "r.json").read_text())} > cases
    assert "ok  " not in done.out
    assert f"{len(cases)} interactions verified: {len(cases)} hold" in done.out
    assert "13 journeys hold" in done.out
    assert done.out.splitlines()[-1].startswith("evidence: ")


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "state": (
        lambda row: row.update(providerStates=[{"name": "a convresation"}]),
        "no provider state 'a convresation' - did you mean 'a conversation'?",
    ),
    "status": (
        lambda row: row["response"].update(status=403),
        "got      404 conversation.error.conversation.not.found: ",
    ),
    "rule": (
        lambda row: row["comments"].update(because="conversations-scope"),
        "says `because: conversations-scope`",
    ),
    "misspelt rule": (
        lambda row: row["comments"].update(because="known-conversaton"),
        "(no rule there - did you mean 'known-conversation'?",
    ),
    "value": (
        lambda row: row["request"].update(generators={"path": {"type": "ProviderState", "expression": "/x/${nobody}"}}),
        "no state returned nobody, which the request carries",
    ),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One run over a row for each way to be wrong."""
    folder = tmp_path_factory.mktemp("wrong")
    return outdial("verify", part(folder, *(spoil for spoil, _ in WRONG.values())), *results(folder))


@pytest.mark.parametrize("way", WRONG)
def test_a_wrong_row_fails_and_is_told(wrong: Done, way: str) -> None:
    """Named, with what was expected and what came; a reason is proved against the stub."""
    assert wrong.code == 1
    at = list(WRONG).index(way)
    [block] = [each for each in wrong.out.split("FAIL ") if each.startswith(f"row-{at}\n")]
    assert WRONG[way][1] in block
    assert "refused by known-conversation" in block or way in ("state", "value")


def test_because_is_not_asked_of_another_provider(stub: RunningStub, tmp_path: Path) -> None:
    """A provider that is not the stub tells no rule. A run in which no row decides is not green."""
    pact, where = part(tmp_path, lambda row: row["comments"].update(because="its own")), f"{stub.url}/genesys-cloud"
    done = verify([pact], where, stub.state_url, gate="all")
    assert (done.passed, len(done.findings)) == (True, 1)
    with pytest.raises(NothingToVerify, match="--gate reported: none of 1 rows decides"):
        verify([pact], where, stub.state_url, gate="reported")


def test_an_assumed_row_does_not_fail_another_provider(tmp_path: Path) -> None:
    """Published rows decide there; what the others found is data. The gate can be set."""
    policies = copy_policies(tmp_path)
    edit(policies / "genesys-cloud.yaml", "none_of: [expired, revoked]", "none_of: [revoked]")
    whole = tmp_path / "pact.json"
    whole.write_text(PACT.read_text().replace('"outdial": {', '"others": {', 1))
    with running_stub(policies) as other:
        where = ("--provider-url", f"{other.url}/genesys-cloud", "--state-url", other.state_url)
        selected = ("-k", "(expired-token or unknown-token) and get_call", *results(tmp_path))
        done = outdial("verify", whole, *where, *selected)
        found = {each["case"]: each for each in json.loads((tmp_path / "r.json").read_text())}
        strict = outdial("verify", whole, *where, *selected, "--gate", "all")
    assert done.code == 0, done.text
    expired = found["genesys-cloud/get_call/expired-token"]
    assert (expired["basis"], expired["passed"], expired["gates"], expired["got"]) == ("assumed", False, False, "200")
    assert expired["source"] == "Which code do an expired and a revoked token get?"
    assert "genesys-cloud/get_call/expired-token | assumed | not 401 bad.credentials but 200" in done.out
    assert (strict.code, "1 do not" in strict.out) == (1, True)


def test_no_pacts_are_not_green(stub: RunningStub, tmp_path: Path) -> None:
    """An empty folder, and an empty list, are errors."""
    with pytest.raises(BadPact, match="no pacts in"):
        read_interactions([tmp_path])
    with pytest.raises(NothingToVerify):
        list(verify_rows([], Target(stub.url, stub.state_url)))


def test_a_case_that_the_verifier_leaves_out_has_failed(
    stub: RunningStub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Results are compared with the rows that were asked for."""
    monkeypatch.setattr("outdial.verification.verifier.piece_of", lambda piece: piece_of(piece[:-1]))
    checked, skipped = verify_piece(read_interactions([PACT])[:2], stub.target, tmp_path).results
    assert (skipped.passed, checked.passed) == (False, True)
    assert "did not check this interaction" in skipped.problems[0]


def test_a_stub_that_stops_half_way_ends_the_run_within_seconds() -> None:
    """A provider that is gone is one error that names it, not a failure of each row that is left."""
    with running_stub() as stub:
        threading.Timer(0.35, stub.process.kill).start()
        with pytest.raises(ProviderUnreachable, match=f"the provider {stub.url} does not answer"):
            list(verify_rows(read_interactions([PACT]), stub.target, workers=1))


@pytest.mark.slow
def test_any_verifier_can_use_the_stub_and_its_states(stub: RunningStub) -> None:
    """Pact's own binary, with no Python of ours in between, verifies the committed pacts."""
    for pact in sorted((ROOT / "pacts").glob("outdial-*.json")):
        provider, port = json.loads(pact.read_text())["provider"]["name"], stub.url.rsplit(":", 1)[1]
        command = [
            *(Path(sys.executable).parent / "pact", "verifier", "--file", pact, "--hostname", "127.0.0.1"),
            *("--port", port, "--base-path", f"/{provider}", "--state-change-url", stub.state_url),
            *("--provider-name", provider),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        assert ended.stdout.count("returns a response which") == pact.read_text().count('"key": ')


def free_address() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


URLS = ("--provider-url", "http://127.0.0.1:9", "--state-url", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--provider-url", "127.0.0.1:8650/x", "--state-url", "http://h"), 4, "expected a complete URL"),
        (("--provider-url", free_address(), "--state-url", free_address()), 2, "does not answer: Connection refused"),
        (("--provider-url", "http://a..b/", "--state-url", "http://h"), 4, "'http://a..b/': expected a complete URL"),
        (("--provider-url", "http://u:hunter2@h", "--state-url", "http://h"), 4, "invalid --provider-url: no user or"),
        (("--provider-url", "http://h", "--state-url", "http://u:hunter2@h"), 4, "invalid --state-url: no user or"),
        ((*URLS, "--login-url", "https://u:hunter2@h"), 4, "invalid --login-url: no user or password"),
        (URLS[:2], 4, "--provider-url needs --state-url: rows have provider states"),
        (("--pacts", ROOT / "pacts", *URLS), 4, "--provider-url is one provider"),
        (("--login-url", "http://h"), 4, "--login-url needs --provider-url"),
        (("--policies", "no-such-folder"), 4, "no-such-folder"),
        (("--pacts", "no-such-folder"), 4, "no-such-folder"),
        (("--gate", "publishd"), 4, "did you mean 'published'"),
        (("-k", "no-sation"), 5, "selects none of"),
        (("-k", "get_call no-station"), 4, "invalid -k 'get_call no-station': expected words joined by and, or, not"),
        (("-k", "not (get_call"), 4, "invalid -k 'not (get_call': expected words joined by"),
    ],
)
def test_what_keeps_a_run_from_starting_is_one_short_message(
    tmp_path: Path, options: tuple[object, ...], code: int, said: str
) -> None:
    """By its exit code, with no password, and with no results left from an earlier run."""
    for file in (tmp_path / "r.json", tmp_path / "r.xml"):
        file.write_text("of an earlier run")
    done = outdial("verify", *(() if "--pacts" in options else (PACT,)), *options, *results(tmp_path))
    assert done.code == code, done.text
    assert said in done.err
    assert len(done.text.splitlines()) < 20
    assert "hunter2" not in done.text
    assert list(tmp_path.iterdir()) == []


SELECTED: dict[str, Callable[[str], bool]] = {
    "NO-STATION or unknown-token": lambda name: "no-station" in name or "unknown-token" in name,
    "not (get_call)": lambda name: "get_call" not in name,
    "get_call and (accepted or unknown)": lambda name: "get_call" in name and ("accepted" in name or "unknown" in name),
    "genesys-cloud.json/genesys-cloud/get_call/unknown": lambda name: "get_call/unknown" in name,
}


@pytest.mark.parametrize("expression", SELECTED)
def test_an_expression_selects_as_pytest_does(expression: str) -> None:
    """Words, and, or, not, parentheses; in either case."""
    names = [f"{PACT.name}/{each.case_id}" for each in read_interactions([PACT])]
    found = [name for name in names if selector(expression)(name)]
    assert found == [name for name in names if SELECTED[expression](name)]
    assert found


def test_a_folder_is_verified_alone_and_rows_are_told_on_request(tmp_path: Path) -> None:
    """The size of the selection; a line for each row with -v, the slowest with --durations."""
    part(tmp_path, *[lambda _: None] * 3)
    (of := tmp_path.with_name(f"{tmp_path.name}-results")).mkdir()
    where = results(of)
    done = outdial("verify", tmp_path, "-k", "row-0 or row-2", "-v", "--durations", 1, *where)
    assert done.code == 0, done.text
    assert "2 of 3 rows selected" in done.out
    assert [line.split(" | ")[0] for line in done.out.splitlines() if line.startswith("ok ")] == [
        "ok   row-0",
        "ok   row-2",
    ]
    assert len(done.out.splitlines()) == 2 + 5


def test_nothing_of_the_machine_is_needed(tmp_path: Path) -> None:
    """No home, a path with spaces, another language, a broker, a proxy and closed streams: what holds holds."""
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    pact = part(folder, lambda _: None)
    bare = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LC_ALL": "C", "TMPDIR": str(folder)}
    bare |= {"PACT_BROKER_BASE_URL": free_address(), "PYTEST_ADDOPTS": "--no-such-option", "http_proxy": free_address()}
    command = f"{sys.executable} -m outdial verify '{pact}' <&- >&-"
    ended = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=bare, capture_output=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    assert all(each["passed"] for each in json.loads((folder / "build" / "verification.json").read_text()))
    assert sorted(path.name for path in folder.iterdir()) == ["build", "pact.json"]


def test_a_table_that_never_ends_is_refused(tmp_path: Path) -> None:
    """A pipe is not waited for."""
    tables = copy_tables(tmp_path)
    os.mkfifo(tables / "pipe.yaml")
    done = outdial("check", "--tables", tables)
    assert (done.code, "pipe.yaml: no regular file; expected a YAML file" in done.err) == (4, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--json", PACT), "that file is input; name another"),
        (("--json", PACT.parent / "new.json"), "that file is input; name another"),
        (("--json", "same", "--junit", "same"), "same: named for two results"),
        (("--json", "/dev/null"), "/dev/null: expected a regular file"),
    ],
)
def test_results_destroy_nothing(options: tuple[object, ...], said: str) -> None:
    """Neither a file that is read nor each other."""
    before = PACT.read_bytes()
    done = outdial("verify", "--pacts", PACT.parent, *options, folder=ROOT)
    assert (done.code, said in done.err, len(done.err.splitlines())) == (4, True, 1)
    assert PACT.read_bytes() == before


def test_pacts_that_are_not_written_leave_no_results_of_others(tmp_path: Path) -> None:
    """`outdial pact` ends before it verifies: results of an earlier run are gone."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "verification.json").write_text("of an earlier run")
    done = outdial("pact", "--tables", "no-such-folder", folder=tmp_path)
    assert done.code == 4, done.text
    assert list((tmp_path / "build").iterdir()) == []


def test_a_name_that_xml_cannot_hold_is_told_all_the_same(tmp_path: Path) -> None:
    """Of a row, and in what the provider said: a reader of JUnit gets XML."""
    found = Finding("x\x02y", "p", Got(message="a\x03b"), ("c\x04d",))
    report.write(Verification((found,), (), 1, 1, 0, (), 0.0), tmp_path / "r.json", tmp_path / "r.xml")
    (case,) = ElementTree.parse(tmp_path / "r.xml").iter("testcase")  # noqa: S314 - our own file
    assert case.get("name") == "x\ufffdy"
    assert "a\ufffdb" in str(case.find("failure").get("message"))  # type: ignore[union-attr]
