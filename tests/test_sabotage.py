"""Whatever is wrong, verification ends soon, not green, names the cause, and leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from outdial import verify
from outdial.pact_files import read_interactions, read_pacts
from outdial.tables import TABLES, load_suite
from outdial.verification.completeness import IncompletePacts, require_complete
from outdial.verification.target import Target
from outdial.verification.verifier import verify_piece
from tests.command import outdial
from tests.conftest import ROOT
from tests.raw_provider import http, sending
from tests.table_files import copy_policies

MAIN = "outdial-genesys-cloud.json"
FEW = "get_call/unknown-conversation"
VALUES = b'{"accessToken": "t", "conversationId": "c", "agentId": "a", "callId": "d"}'
Change = Callable[[dict[str, Any]], object]


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
    pacts = Path(shutil.copytree(ROOT / "pacts", tmp_path / "pacts"))
    content = json.loads((pacts / MAIN).read_text())
    change(content)
    (pacts / MAIN).write_text(json.dumps(content))
    with pytest.raises(IncompletePacts, match="the pacts differ from the tables") as refused:
        require_complete(read_pacts([pacts]), load_suite(TABLES), whole=True)
    assert said in str(refused.value)


def test_a_pact_of_other_tables_is_not_verified(tmp_path: Path) -> None:
    """With `--tables`, and for the committed pacts always."""
    (tmp_path / MAIN).write_text((ROOT / "pacts" / MAIN).read_text().replace('"digest": "', '"digest": "0', 1))
    done = outdial("verify", tmp_path / MAIN, "--tables", TABLES)
    assert (done.code, "the pact states another row than" in done.err) == (4, True)


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
def test_a_provider_at_fault_ends_the_run(
    tmp_path: Path, answer: bytes | None, states: bytes | None, said: str
) -> None:
    """One problem that names the address: verification goes on no further, and no row has passed."""

    def send(path: str, _: bytes) -> bytes:
        sent = states if path == "/states" else answer
        if sent is None:
            time.sleep(3)
        return sent or b""

    rows = [each for each in read_interactions([ROOT / "pacts" / MAIN]) if "get_call" in each.case_id]
    with sending(send) as url:
        piece = verify_piece(rows, Target(url, f"{url}/states", prefixed=False), tmp_path, 0.5)
    assert re.search(said, str(piece.broken))
    assert not any(each.passed for each in piece.results)


@pytest.mark.parametrize("seconds", [0.8, pytest.param(8, marks=pytest.mark.slow)])
def test_a_slow_provider_is_green_with_a_longer_timeout(seconds: float) -> None:
    """`--timeout` is of the state URL and of the provider; the message names it. A state without values is told."""

    def send(path: str, _: bytes) -> bytes:
        time.sleep(seconds)
        body = json.dumps({"code": "conversation.error.conversation.not.found", "message": "m", "status": 404})
        return http(VALUES) if path == "/states" else http("null") if path == "/none" else http(body, "404 Not Found")

    pact = [ROOT / "pacts" / MAIN]
    with sending(send) as url:
        done = verify(pact, url, f"{url}/states", select=FEW, gate="all", timeout=20)
        assert [each.got.status for each in done.findings] == [404]
        with pytest.raises(Exception, match=r"within 0.5 s \(--timeout\)"):
            verify(pact, url, f"{url}/states", select=FEW, gate="all", timeout=0.5)
        nothing = verify(pact, url, f"{url}/none", select=FEW, gate="all")
    assert not nothing.passed
    assert nothing.findings[0].problems[0].startswith("no state returned accessToken")


def test_the_deadline_is_of_the_whole_run() -> None:
    """The message tells how far the run got."""
    with pytest.raises(Exception, match=r"\(--deadline\): 0 of \d+ rows verified") as refused:
        verify([ROOT / "pacts" / MAIN], deadline=0.2)
    assert getattr(refused.value, "exit_code", None) == 2


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGTERM, signal.SIGKILL))],
)
def test_a_signal_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    """Stub and workers end with the command, without a traceback, and even when it is killed."""
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

    command = [sys.executable, "-m", "outdial", "verify", str(ROOT / "pacts" / MAIN)]
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs inherit that it is ignored
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        preexec_fn=heeding,
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
    """With the place of its line."""
    policies = copy_policies(tmp_path)
    file = policies / "nice-cxone.yaml"
    file.write_text(file.read_text().replace("status: Dialing", "status: Ringing").replace("Dialing", "Ringing"))
    pact = ROOT / "pacts" / "outdial-nice-cxone.json"
    done = verify([pact], policies=policies, select="journey/dial_events_end")
    assert not done.passed
    (failed,) = [each for each in done.journeys if each.failed]
    assert failed.case_id == "nice-cxone/journey/dial_events_end"
    assert "test_journeys.py:" in failed.place
