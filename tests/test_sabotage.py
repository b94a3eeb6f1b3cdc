"""Whatever is wrong, verification ends soon, not green, names the cause, and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outdial import verify
from outdial.provider import POLICIES
from outdial.tables import TABLES
from tests.conftest import ROOT
from tests.raw_provider import http, sending

MAIN = "outdial-genesys-cloud.json"
FEW = "get_call/unknown-conversation"
Change = Callable[[dict[str, Any]], object]


def changed(folder: Path, change: Change) -> Path:
    """Return a copy of the committed pacts with one of them changed."""
    pacts = Path(shutil.copytree(ROOT / "pacts", folder / "pacts"))
    content = json.loads((pacts / MAIN).read_text())
    change(content)
    (pacts / MAIN).write_text(json.dumps(content))
    return pacts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pact: pact["interactions"].pop(), "outdial -> genesys-cloud: 1 of "),
        (lambda pact: pact["interactions"][0].update(key="x/y/z"), f"x/y/z: in {MAIN}, but in no table"),
        (lambda pact: pact["interactions"][0]["comments"].update(digest="0"), "the pact states another row than "),
        (lambda pact: pact["interactions"][0].pop("comments"), "the pact states another row than "),
        (lambda pact: pact["consumer"].update(name="outdail"), "expected in outdial-genesys-cloud.json"),
    ],
    ids=["row removed", "row of no table", "row changed", "no digest", "other consumer"],
)
def test_pacts_that_differ_from_their_tables_are_refused(tmp_path: Path, change: Change, said: str) -> None:
    """Each row is compared with its table, so that a lost row is never green."""
    with pytest.raises(Exception, match="the pacts differ from the tables") as refused:
        verify([changed(tmp_path, change)], tables=TABLES)
    assert said in str(refused.value)
    assert getattr(refused.value, "exit_code", None) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"consumer": {"name": "a"', "not a pact"),
        ("<<<<<<< HEAD\n{}", "not a pact"),
        (None, "no such file"),
    ],
    ids=["half written", "conflict", "missing"],
)
def test_a_damaged_pact_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    """One message with the file's name."""
    file = tmp_path / "pact.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Exception, match=said) as refused:
        verify([file])
    assert str(file) in str(refused.value)
    assert getattr(refused.value, "exit_code", None) == 4


VALUES = b'{"accessToken": "t", "conversationId": "c", "agentId": "a", "callId": "d"}'


@pytest.mark.parametrize(
    ("answer", "states", "said"),
    [
        (None, http(VALUES), r"gives no answer, 2 times in a row: no answer within 0.5 s \(--timeout\)"),
        (b"", http(VALUES), "gives no answer, 2 times in a row: the connection was closed"),
        (http("{}"), None, r"does not answer to 'an access token': no answer within 0.5 s \(--timeout\)"),
        (http("{}"), http("{}", "500 Oops"), "answers 500 to 'an access token'"),
    ],
    ids=["provider hangs", "provider closes", "states hang", "states fail"],
)
def test_a_provider_at_fault_ends_the_run(answer: bytes | None, states: bytes | None, said: str) -> None:
    """One error that names the address, and not a failure of each row."""

    def send(path: str, _: bytes) -> bytes:
        sent = states if path == "/states" else answer
        if sent is None:
            time.sleep(3)
        return sent or b""

    with sending(send) as url, pytest.raises(Exception, match=said) as refused:
        verify([ROOT / "pacts" / MAIN], url, f"{url}/states", timeout=0.5)
    assert getattr(refused.value, "exit_code", None) == 2


def test_a_slow_provider_is_green_with_a_longer_timeout() -> None:
    """`--timeout` is of the state URL and of the provider."""

    def send(path: str, _: bytes) -> bytes:
        time.sleep(1.2)
        body = json.dumps({"code": "conversation.error.conversation.not.found", "message": "m", "status": 404})
        return http(VALUES) if path == "/states" else http(body, "404 Not Found")

    with sending(send) as url:
        done = verify([ROOT / "pacts" / MAIN], url, f"{url}/states", select=FEW, gate="all", timeout=10)
        assert [each.result.got.status for each in done.findings] == [404]
        with pytest.raises(Exception, match=r"within 0.5 s \(--timeout\)"):
            verify([ROOT / "pacts" / MAIN], url, f"{url}/states", select=FEW, gate="all", timeout=0.5)


@pytest.mark.parametrize("values", [b"{}", b"null"])
def test_a_state_that_returned_nothing_is_told(values: bytes) -> None:
    """The row fails and names the value, also where the answer is the expected one."""
    with sending(lambda path, _: http(values if path == "/states" else b"{}")) as url:
        done = verify([ROOT / "pacts" / MAIN], url, f"{url}/states", select=FEW, gate="all")
    assert not done.passed
    assert done.findings[0].result.problems[0].startswith("no state returned accessToken")


def test_the_deadline_is_of_the_whole_run() -> None:
    """The message tells how far the run got."""
    with pytest.raises(Exception, match=r"\(--deadline\): 0 of \d+ rows verified") as refused:
        verify([ROOT / "pacts" / MAIN], deadline=0.2)
    assert getattr(refused.value, "exit_code", None) == 2


def test_a_broken_policy_is_named(tmp_path: Path) -> None:
    """Before a row is verified, with its place."""
    policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    (policies / "genesys-cloud.yaml").write_text("operations: [")
    with pytest.raises(Exception, match=r"genesys-cloud\.yaml"):
        verify([ROOT / "pacts" / MAIN], policies=policies)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    """Stub and workers end with the command, even when it is killed."""
    mark = f"OUTDIAL_MARK={tmp_path}"
    environment = {**os.environ, "OUTDIAL_MARK": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def left() -> list[str]:
        found = []
        for each in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in each.read_bytes():
                    found.append(each.parent.name)
            except OSError:
                continue
        return found

    heeding = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeding}; runpy.run_module('outdial', run_name='__main__', alter_sys=True)"]
    with subprocess.Popen(
        [*command, "verify", str(ROOT / "pacts" / MAIN)], cwd=tmp_path, env=environment, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    ) as running:  # fmt: skip
        until = time.monotonic() + 60
        while len(left()) < 3 and running.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(1.5)  # a worker that boots would tell of its parent's end
        running.send_signal(number)
        errors = running.communicate(timeout=60)[1]
    assert running.returncode == (2 if number is not signal.SIGKILL else -signal.SIGKILL)
    assert "Traceback" not in errors or number is signal.SIGKILL
    until = time.monotonic() + 20
    while left() and time.monotonic() < until:
        time.sleep(0.05)
    assert left() == []


def test_a_journey_that_does_not_hold_is_named(tmp_path: Path) -> None:
    """A provider whose code can be used twice fails the journey that says otherwise, with the place of its line."""
    policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    file = policies / "nice-cxone.yaml"
    file.write_text(file.read_text().replace("status: Dialing", "status: Ringing").replace("Dialing", "Ringing"))
    pact = ROOT / "pacts" / "outdial-nice-cxone.json"
    done = verify([pact], policies=policies, select="journey/dial_events_end")
    assert not done.passed
    (failed,) = [each for each in done.journeys if each.failed]
    assert failed.name == "dial_events_end"
    assert "test_journeys.py:" in failed.place
