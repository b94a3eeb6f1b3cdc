"""Verification is never green on nothing: whatever keeps an interaction from being checked fails it by name."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from outdial.pact_files import BadPact, read_interactions
from outdial.pact_files.cutting import piece_of
from outdial.pact_files.selection import selector
from outdial.verification.report import Finding, add_suite, as_junit
from outdial.verification.result import CaseResult, Got
from outdial.verification.result_files import forget, write
from outdial.verification.stub_process import RunningStub, running_stub
from outdial.verification.target import ProviderUnreachable, Target
from outdial.verification.verifier import verify_piece
from outdial.verification.verify import NothingToVerify, verify
from tests.conftest import ROOT, Run
from tests.table_files import copy_tables

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


def test_every_committed_interaction_is_verified_and_reported(run: Run, tmp_path: Path) -> None:
    """`make verify` is green, has one JUnit result for each interaction, and prints none that holds."""
    junit = tmp_path / "junit.xml"
    ended = run("verify", f"--junitxml={junit}")
    cases = {interaction.case_id for interaction in read_interactions([ROOT / "pacts"])}
    assert ended.returncode == 0, ended.stdout[-3000:]
    rows = ElementTree.parse(junit).find("testsuite")  # noqa: S314 - our own file
    assert rows is not None
    assert {case.get("name") for case in rows.iter("testcase")} == cases
    assert "ok  " not in ended.stdout
    assert f"{len(cases)} interactions verified: {len(cases)} hold" in ended.stdout
    assert "13 journeys hold" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("evidence: ")


def test_a_renamed_state_fails_its_case_and_is_named(run: Run, pact: Path) -> None:
    """A state that no provider has is a failure of that row, which says the name and the valid ones."""
    change(pact, CASE, providerStates=[{"name": "a convresation"}])
    started = time.monotonic()
    ended = run("verify", "--pacts", pact, "-k", CASE)
    assert ended.returncode == 1
    assert f"FAIL {CASE}" in ended.stdout
    assert "no provider state 'a convresation' - did you mean 'a conversation'?" in ended.stdout
    assert time.monotonic() - started < 30


def test_a_wrong_answer_is_shown_as_expected_and_got(run: Run, pact: Path) -> None:
    """A provider that answers otherwise fails the row, with both answers."""
    content = json.loads(pact.read_text())
    (interaction,) = [each for each in content["interactions"] if each["key"] == CASE]
    interaction["response"]["status"] = 403
    interaction["response"]["body"]["content"]["code"] = "missing.permissions"
    pact.write_text(json.dumps(content))
    ended = run("verify", "--pacts", pact, "-k", CASE)
    assert ended.returncode == 1
    assert "expected 403 missing.permissions because known-conversation\n" in ended.stdout
    assert "got      404 conversation.error.conversation.not.found: " in ended.stdout


def test_a_filter_that_matches_nothing_is_not_green(run: Run) -> None:
    """No interaction, no success: pytest's exit code 5."""
    assert run("verify", "-k", "no-such-case").returncode == 5


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


def test_a_case_that_the_verifier_leaves_out_has_failed(
    stub: RunningStub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Results are compared with what was asked for: a verifier that skips an interaction does not pass it."""
    monkeypatch.setattr("outdial.verification.verifier.piece_of", lambda piece: piece_of(piece[:-1]))
    piece = read_interactions([PACT])[:2]
    checked, skipped = verify_piece(piece, stub.target, tmp_path).results
    assert (skipped.passed, checked.passed) == (False, True)
    assert "did not check this interaction" in skipped.problems[0]


def test_a_stub_that_stops_half_way_ends_the_run_within_seconds() -> None:
    """A provider that is gone is one error that names it, not a failure of each row that is left."""
    interactions = read_interactions([PACT])
    started = time.monotonic()
    with running_stub() as stub:
        threading.Timer(0.35, stub.process.kill).start()
        with pytest.raises(ProviderUnreachable, match=f"the provider {stub.url} does not answer"):
            list(verify(interactions, Target(stub.url, stub.state_url), workers=1))
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
            timeout=240,
            check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("PACT_BROKER_")},
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        assert ended.stdout.count("returns a response which") == pact.read_text().count('"key": ')


def test_a_provider_elsewhere_is_verified_by_its_urls(run: Run, stub: RunningStub) -> None:
    """The same pacts run against any base URL and state URL; several providers at once are refused."""
    urls = ("--provider-url", f"{stub.url}/genesys-cloud", "--state-url", stub.state_url)
    assert run("verify", "--pacts", PACT, *urls).returncode == 0
    refused = run("verify", *urls)
    assert refused.returncode == 4
    assert "--provider-url is one provider" in refused.stdout + refused.stderr
    assert run("verify", "--pacts", PACT, *urls[:2]).returncode == 4


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("conversations-scope", "and is refused by known-conversation"),
        ("known-conversaton", "(no rule there - did you mean 'known-conversation'?"),
    ],
)
def test_a_row_that_is_refused_by_another_rule_than_it_says_fails(run: Run, pact: Path, said: str, found: str) -> None:
    """Against the stub `because` is proved: the row fails, and names itself, the rule said and the rule found."""
    (row,) = [each for each in read_interactions([pact]) if each.case_id == CASE]
    change(pact, CASE, comments={**row.comments, "because": said})
    ended = run("verify", pact, "-k", "unknown-conversation")
    assert ended.returncode == 1
    (line,) = [line for line in ended.stdout.splitlines() if line.strip().startswith(f"{CASE}: says")]
    assert f"{CASE}: says `because: {said}`" in line
    assert found in line
    assert line.endswith("is refused by known-conversation")


def test_because_is_not_asked_of_another_provider(run: Run, stub: RunningStub, pact: Path) -> None:
    """A provider that is not the stub tells no rule, so its rows stand for their answers only."""
    (row,) = [each for each in read_interactions([pact]) if each.case_id == CASE]
    change(pact, CASE, comments={**row.comments, "because": "its own business"})
    urls = ("--provider-url", f"{stub.url}/genesys-cloud", "--state-url", stub.state_url)
    assert run("verify", pact, "-k", "unknown-conversation", *urls).returncode == 0


def test_a_folder_is_verified_and_nothing_else(run: Run, pact: Path) -> None:
    """Naming a folder leaves the committed pacts out; results are written over those of the run before."""
    results = pact.parent / "results"
    for _ in range(2):
        ended = run("verify", pact.parent, "-k", "get_call", "--json", results, "--junit", pact.parent / "results.xml")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        verified = {each["case"] for each in json.loads(results.read_text())}
        assert verified == {each.case_id for each in read_interactions([pact]) if "get_call" in each.case_id}


def free_address() -> str:
    """An address where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--provider-url", "127.0.0.1:8650/x", "--state-url", "http://127.0.0.1:8650"), 4, "expected a complete URL"),
        (
            ("--provider-url", "http://127.0.0.1:99999", "--state-url", "http://127.0.0.1:8650"),
            4,
            "expected a complete URL",
        ),
        (("--provider-url", free_address(), "--state-url", free_address()), 2, "does not answer: Connection refused"),
        (
            ("--provider-url", "http://a..b/", "--state-url", "http://127.0.0.1:8650"),
            4,
            "invalid --provider-url 'http://a..b/': expected",
        ),
        (
            ("--provider-url", f"http://{'a' * 70}.b/", "--state-url", "http://127.0.0.1:8650"),
            4,
            "expected a complete URL",
        ),
        (
            ("--provider-url", "http://u:hunter2@h", "--state-url", "http://h"),
            4,
            "invalid --provider-url: no user or password",
        ),
        (
            ("--provider-url", "http://h", "--state-url", "http://u:hunter2@h"),
            4,
            "invalid --state-url: no user or password",
        ),
        (
            ("--provider-url", "http://u:hunter2@h:99999", "--state-url", "http://h"),
            4,
            "invalid --provider-url: expected",
        ),
        (
            ("--provider-url", "http://h", "--state-url", "http://h", "--login-url", "https://u:hunter2@h"),
            4,
            "invalid --login-url: no user or password",
        ),
        (("--login-url", "http://h"), 4, "--login-url needs --provider-url"),
        (("--policies", "no-such-folder"), 4, "no-such-folder"),
        (("--pacts", "no-such-folder"), 4, "no-such-folder"),
        (("-k", "no-sation"), 5, "selects none of"),
        (("-k", "get_call no-station"), 4, "invalid -k 'get_call no-station': expected words joined by and, or, not"),
        (("-k", "not (get_call"), 4, "invalid -k 'not (get_call': expected words joined by"),
    ],
)
def test_what_keeps_a_run_from_starting_is_one_short_message(
    run: Run, pact: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    """Within seconds, by its exit code, with no traceback, and with no results left from an earlier run."""
    results = [pact.parent / name for name in ("results.json", "results.xml")]
    for file in results:
        file.write_text("of an earlier run")
    named = () if "--pacts" in options else (pact,)
    started = time.monotonic()
    ended = run("verify", *named, *options, "--json", results[0], "--junit", results[1])
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert said in ended.stderr
    assert len((ended.stdout + ended.stderr).splitlines()) < 20
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr
    assert not any(file.exists() for file in results)
    assert time.monotonic() - started < 30


def test_a_broker_in_the_environment_is_nobodys_business(run: Run, pact: Path) -> None:
    """Pacts in files are verified alone: the verifier would read the broker's address and credentials by itself."""
    environment = {**os.environ, "PACT_BROKER_BASE_URL": free_address(), "PYTEST_ADDOPTS": "--no-such-option"}
    ended = run("verify", pact, "-k", "get_call", env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " hold, 0 do not" in ended.stdout


def test_a_stub_ends_with_what_needed_it() -> None:
    """No process and no open port stay behind, also when what used it fails."""
    with suppress(ZeroDivisionError), running_stub() as running:
        address = running.url.removeprefix("http://").split(":")
        socket.create_connection((address[0], int(address[1])), 5).close()
        raise ZeroDivisionError
    assert running.process.poll() is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address[0], int(address[1])), 5)


SELECTED = [
    ("no-station", lambda name: "no-station" in name),
    ("NO-STATION or unknown-token", lambda name: "no-station" in name or "unknown-token" in name),
    ("not (get_call)", lambda name: "get_call" not in name),
    (
        "get_call and (accepted or unknown)",
        lambda name: "get_call" in name and ("accepted" in name or "unknown" in name),
    ),
    ("get_call and not no-scope", lambda name: "get_call" in name and "no-scope" not in name),
    (
        "not get_call and not (no-scope or token)",
        lambda name: not any(w in name for w in ("get_call", "no-scope", "token")),
    ),
    ("genesys-cloud.json/genesys-cloud/get_call/unknown", lambda name: "get_call/unknown" in name),
]


@pytest.mark.parametrize(("expression", "wanted"), SELECTED, ids=[each for each, _ in SELECTED])
def test_an_expression_selects_as_pytest_does(expression: str, wanted: Callable[[str], bool]) -> None:
    """Words, and, or, not, parentheses; in either case."""
    names = [f"{PACT.name}/{each.case_id}" for each in read_interactions([PACT])]
    selects = selector(expression)
    found = [name for name in names if selects(name)]
    assert found == [name for name in names if wanted(name)]
    assert found


def test_a_selection_tells_its_size(run: Run, pact: Path) -> None:
    """So that an expression that selects too much or too little is seen."""
    count = len(read_interactions([pact]))
    assert f"1 of {count} rows selected" in run("verify", pact, "-k", "get_call/unknown-conversation").stdout


def test_rows_are_told_on_request_and_the_slowest_too(run: Run, pact: Path, tmp_path: Path) -> None:
    """A green run prints a line for each pact; -v adds one for each row, --durations the slowest."""
    results = ("--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml")
    quiet, verbose = (run("verify", pact, "-k", "get_call", *more, *results) for more in ((), ("-v", "--durations", 2)))
    rows = len(json.loads((tmp_path / "r.json").read_text()))
    assert len(quiet.stdout.splitlines()) == 4
    assert verbose.stdout.count("ok   genesys-cloud/get_call/") == rows
    assert len(verbose.stdout.splitlines()) == 4 + rows + 2


def test_nothing_of_the_machine_is_needed(tmp_path: Path) -> None:
    """No home folder, a path with spaces, another language: the committed pacts hold all the same."""
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    bare = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LC_ALL": "C", "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "outdial", "verify", "-k", "get_call"]
    ended = subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(path.name for path in folder.rglob("*")) == ["build", "verification.json", "verification.xml"]


@pytest.mark.parametrize("command", ["check", "generate"])
def test_a_table_that_never_ends_is_refused(run: Run, tmp_path: Path, command: str) -> None:
    """A pipe is not waited for."""
    tables = copy_tables(tmp_path)
    os.mkfifo(tables / "pipe.yaml")
    ended = run(command, "--tables", tables, seconds=60)
    assert ended.returncode == 4, ended.stdout
    assert "pipe.yaml: no regular file; expected a YAML file" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--json", "PACT"), "that file is input; name another"),
        (("--pacts", "FOLDER", "--json", "NEW"), "that file is input; name another"),
        (("--json", "RESULTS", "--junit", "RESULTS"), "--json and --junit are both"),
        (("--json", "RESULTS", "--observed", "RESULTS"), "--json and --observed are both"),
    ],
)
def test_results_destroy_nothing(run: Run, pact: Path, options: tuple[str, ...], said: str) -> None:
    """Neither a file that is read nor each other."""
    before = pact.read_bytes()
    names = {"PACT": pact, "RESULTS": pact.parent / "results", "FOLDER": pact.parent, "NEW": pact.parent / "r.json"}
    named = () if "--pacts" in options else (pact,)
    ended = run("verify", *named, "-k", CASE, *(names.get(each, each) for each in options))
    assert ended.returncode == 4
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert pact.read_bytes() == before


def test_a_device_is_written_into_and_stays(tmp_path: Path) -> None:
    """What is no regular file is not ours to remove or replace, and a link is not either."""
    pipe, link, target = (tmp_path / name for name in ("pipe", "link", "target"))
    os.mkfifo(pipe)
    target.write_text("of an earlier run")
    link.symlink_to(target)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    forget({"json": pipe, "junit": link, "observed": tmp_path / "observed"})
    assert (pipe.is_fifo(), link.is_symlink(), target.exists()) == (True, True, False)
    write({pipe: b"json", link: b"junit"})
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)
    assert (os.read(reader, 99), target.read_bytes()) == (b"json", b"junit")
    os.close(reader)


def test_results_are_written_all_or_none(tmp_path: Path) -> None:
    """Where the second cannot take its place, the first is taken away again, and no half of one is left."""
    (tmp_path / "second").mkdir()
    with pytest.raises(IsADirectoryError):
        write({tmp_path / "first": b"1", tmp_path / "second": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["second"]


def test_pacts_that_are_not_written_leave_no_results_of_others(tmp_path: Path) -> None:
    """`outdial pact` ends before it verifies: what an earlier run verified is none of what it was asked for."""
    (tmp_path / "build").mkdir()
    (tmp_path / "tables").mkdir()
    for name in ("verification.json", "verification.xml"):
        (tmp_path / "build" / name).write_text("of an earlier run")
    command = [sys.executable, "-m", "outdial", "pact", "--tables", "tables", "-n", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_error(pact: Path, closed: str) -> None:
    """Results are in their files, and nothing else is written into them."""
    results = pact.parent / "r.json"
    options = f"{pact} -k get_call/unknown-conversation --json {results} --junit {pact.parent / 'r.xml'}"
    command = f"{sys.executable} -m outdial verify {options} {closed}"
    ended = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert all(each["passed"] for each in json.loads(results.read_text()))


def test_a_name_that_xml_cannot_hold_is_told_all_the_same(pact: Path) -> None:
    """Of a file, of a row, and in what the provider said: a reader of JUnit gets XML."""
    named = pact.rename(pact.parent / "a\x01b.json")
    (about,) = [each for each in read_interactions([named]) if each.case_id == CASE]
    found = Finding(replace(about, case_id="x\x02y"), CaseResult(Got(message="a\x03b"), ("c\x04d",)))
    suites = ElementTree.Element("testsuites")
    add_suite(suites, [found], 1.0)
    (case,) = ElementTree.fromstring(as_junit(suites)).iter("testcase")  # noqa: S314 - our own file
    assert (case.get("classname"), case.get("name")) == ("a\ufffdb", "x\ufffdy")
    assert "a\ufffdb" in str(case.find("failure").get("message"))  # type: ignore[union-attr]
