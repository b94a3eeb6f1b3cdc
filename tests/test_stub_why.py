"""The stub says why: a line for each request, and the whole trace by correlation id; never a token."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some

from outdial.pact_files import PACTS, read_interactions
from outdial.provider import Answer, Application, Call, World
from outdial.provider.decisions import OVERHEAD, WHY_PATH, Decisions, told
from outdial.provider.log import Log, as_json, as_text
from outdial.replay.request import request_of
from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import load_policies

SECONDS = 10
SECRET_WORDS = ("token", "secret", "credentials", "code", "verifier", "assertion")
NAMED = "stub-named-in-a-header-and-nowhere-else"
PUBLISHED = ("genesys-cloud", "genesys-cloud-login")
POLICIES = load_policies()
ABLE = {
    "state": "an access token",
    "params": {
        "grant": "authorization_code",
        "scopes": ["conversations"],
        "user": {"station": "associated", "role": {"permissions": ["conversation:conference:add"]}},
    },
}
"""A caller who may place calls."""


def lines(stub: RunningStub) -> list[dict[str, Any]]:
    """What the stub has logged as JSON, apart from its last word."""
    return [json.loads(line) for line in stub.said().splitlines() if line.startswith("{")]


def secrets_in(values: dict[str, Any]) -> set[str]:
    """The texts of an answer that nobody else may read."""
    return {
        value
        for name, value in values.items()
        if isinstance(value, str) and len(value) > 12 and any(word in name.lower() for word in SECRET_WORDS)
    }


@pytest.mark.parametrize("provider", PUBLISHED)
def test_every_refusing_rule_is_named_in_the_log_and_by_why(provider: str) -> None:
    """Each refused row of the pacts is explained by the rule that it is written for; no token is in either account."""
    refused_by: set[str] = set()
    minted: set[str] = set()
    with running_stub(options=["--states", "--log", "json"]) as stub, requests.Session() as session:
        for row in (each for each in read_interactions([PACTS]) if each.provider == provider):
            values: dict[str, str] = {}
            for state in row.states:
                change = {"state": state.name, "params": dict(state.params)}
                values |= session.post(stub.state_url, json=change, timeout=SECONDS).json()
            minted |= secrets_in(values)
            sent = request_of(row, provider, values)
            answer = session.request(
                sent.method, stub.url + sent.path, headers=dict(sent.headers), data=sent.body, timeout=SECONDS
            )
            if answer.ok and answer.content:
                minted |= secrets_in(answer.json())
            told_why = session.get(stub.addresses["why"] + answer.headers["X-Outdial-Decision"], timeout=SECONDS)
            why = told_why.json()
            assert (why["refused_by"] or {}).get("rule") == row.because
            logged = next(line for line in reversed(lines(stub)) if line["decision"] == why["decision"])
            assert (logged["rule"], logged["status"]) == (row.because, answer.status_code)
            if row.because:
                refused_by.add(row.because)
                rule = next(step for step in why["trace"] if step["rule"] == row.because)
                assert rule["outcome"] == "failed"
                assert rule["facts"] == why["refused_by"]["facts"] == logged["facts"]
                assert rule["basis"] == logged["basis"]
            assert not [secret for secret in minted if secret in told_why.text]
        log = stub.said()
    assert refused_by == {row.because for row in read_interactions([PACTS]) if row.provider == provider and row.because}
    assert minted
    assert not [secret for secret in minted if secret in log]


def test_the_id_is_in_a_refusal_that_has_a_place_for_it_and_always_in_a_header(stub: RunningStub) -> None:
    """`contextId` is what a vendor's support asks for; the header is there for every edition."""
    for provider, policy in POLICIES.items():
        for operation in policy.operations.values():
            url = f"{stub.url}/{provider}{operation.path}"
            answer = requests.request(operation.method, url, timeout=SECONDS)
            identifier = answer.headers["X-Outdial-Decision"]
            assert requests.get(stub.addresses["why"] + identifier, timeout=SECONDS).json()["status"] == (
                answer.status_code
            )
            if "${correlation_id}" in str(policy.shape):
                assert answer.json()["contextId"] == identifier


def test_a_line_says_who_refused_on_which_facts_and_on_whose_word() -> None:
    """One line of text for people: when, method, path, status, code, rule, basis, facts, correlation id."""
    began = datetime.now(UTC)
    with running_stub(options=[]) as stub:
        answer = requests.post(f"{stub.url}/genesys-cloud/api/v2/conversations/calls?token=x", timeout=SECONDS)
        requests.get(f"{stub.url}/genesys-cloud/api/v2/routing/queues", timeout=SECONDS)
        stub.process.terminate()
        stub.process.wait(SECONDS)
        refused, missing, _ = stub.said().splitlines()
    assert refused.partition(" ")[2] == (
        "POST /genesys-cloud/api/v2/conversations/calls 401 authentication.required"
        f' | bearer-token (published) {{"request.scheme": null}} | {answer.headers["X-Outdial-Decision"]}'
    )
    said = [line.partition(" ")[0] for line in (refused, missing)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each) for each in said)
    times = [datetime.fromisoformat(each) for each in said]
    assert began - timedelta(milliseconds=1) <= times[0] <= times[1] <= datetime.now(UTC)
    assert missing.partition(" ")[2].strip() == "GET /genesys-cloud/api/v2/routing/queues 501 not-in-this-stub"


def test_somebody_elses_token_in_a_path_is_not_told(stub: RunningStub) -> None:
    """A client that puts a token where an id belongs does not find it in a log."""
    made = requests.post(stub.state_url, json={"state": "an access token"}, timeout=SECONDS).json()
    call = Call("GET", f"/genesys-cloud/api/v2/conversations/calls/{made['accessToken']}")
    answer = Application(POLICIES, World()).answer(call)
    assert made["accessToken"] not in as_text("now", call, answer) + json.dumps(told(call, answer))


def test_quiet_says_nothing_of_requests() -> None:
    """For those whose standard error is read by somebody else."""
    with running_stub(options=["--quiet"]) as stub:
        requests.post(f"{stub.url}/genesys-cloud/api/v2/conversations/calls", timeout=SECONDS)
        stub.process.terminate()
        stub.process.wait(SECONDS)
        assert stub.said() == "stopped\n"


def test_a_log_that_nobody_reads_holds_up_no_answer() -> None:
    """A test starts the stub with a pipe and never looks: after a pipe's worth of lines it still answers."""
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--ready-file", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with requests.Session() as session:
            for _ in range(1200):
                assert session.post(f"{url}/genesys-cloud/api/v2/conversations/calls", timeout=SECONDS).status_code
        process.terminate()
        process.communicate()


texts = some.one_of(
    some.text(max_size=300),
    some.sampled_from(["\n", "\x1b[2J", "a" * 5000, "\ud800", "é" * 300, NAMED]),
)
values = some.recursive(
    some.none() | some.booleans() | some.integers(-(10**400), 10**400) | some.floats() | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(step=texts, fields=some.dictionaries(texts | some.just("phoneNumber"), values, max_size=5))
def test_whatever_is_asked_is_told_in_one_line_and_without_the_token(step: str, fields: dict[str, Any]) -> None:
    """Line breaks, escapes, huge values, and the caller's token in a wrong place."""
    application = Application(POLICIES, World())
    body = json.dumps({**fields, "note": NAMED}).encode()
    for path in (f"/genesys-cloud/api/v2/conversations/calls/user/{step or 'x'}", f"/{step}"):
        call = Call("POST", path, {"authorization": f"Bearer {NAMED}", "content-type": "application/json"}, body)
        answer = application.answer(call)
        for text in (as_text("now", call, answer), as_json("now", call, answer)):
            assert text.count("\n") == 1
            assert text.endswith("\n")
            assert text.isprintable() or text[:-1].isprintable()
            assert NAMED not in text
        told_why = told(call, answer)
        assert NAMED not in json.dumps(told_why, allow_nan=False)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(2**53 - 1, 2**53 - 1), (13175550142, 13175550142), (2**53, "(a large number)"), (-(2**53), "(a large number)")],
)
def test_a_number_is_told_as_it_was_sent_unless_a_reader_could_round_it(
    stub: RunningStub, number: int, shown: object
) -> None:
    """A phone number as a number is a likely mistake; past 53 bits JavaScript would show another one."""
    made = requests.post(stub.state_url, json=ABLE, timeout=SECONDS).json()
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
    bearer = {"Authorization": f"Bearer {made['accessToken']}"}
    answer = requests.post(url, json={"phoneNumber": number}, headers=bearer, timeout=SECONDS)
    why = requests.get(stub.addresses["why"] + answer.headers["X-Outdial-Decision"], timeout=SECONDS).json()
    assert (why["status"], why["refused_by"]["facts"]) == (400, {"body.phoneNumber": shown})


def test_no_token_is_in_what_python_says_of_a_call_and_its_answer() -> None:
    """As a traceback or a failing assertion would show it: neither what was sent nor what was answered."""
    headers = {"authorization": f"Bearer {NAMED}", "content-type": "application/json"}
    path, body = "/genesys-cloud/api/v2/conversations/calls", json.dumps({"note": NAMED}).encode()
    call = Call("POST", path, headers, body, query_string=NAMED)
    answer = Application(POLICIES, World()).answer(call)
    assert answer.decision is not None
    assert NAMED not in repr(call) + repr(answer) + repr(answer.decision)
    assert NAMED not in repr(Answer(200, {}, NAMED.encode()))


def test_a_line_of_the_log_says_status_code_and_path() -> None:
    """A path that no line can hold is escaped, not left out; of an accepted call there is no code."""
    call = Call("POST", "/genesys-cloud/a\nb")
    refused, accepted = Answer(403, {}, b"", code="not.authorized"), Answer(202, {}, b"")
    line = json.loads(as_json("now", call, refused))
    assert (line["status"], line["code"], line["path"]) == (403, "not.authorized", r"/genesys-cloud/a\nb")
    assert json.loads(as_json("now", call, accepted))["code"] is None
    assert r"/genesys-cloud/a\nb" in as_text("now", call, refused)


@given(step=texts, fields=some.dictionaries(texts, values, max_size=5))
def test_the_page_has_nothing_of_the_request_as_markup(step: str, fields: dict[str, Any]) -> None:
    """Markup in a path or a body is shown as text, whatever it is, and the token is not shown."""
    application, decisions = Application(POLICIES, World()), Decisions()
    path = f"/genesys-cloud/api/v2/conversations/calls/user/<script>{step}"
    headers = {"authorization": f"Bearer {NAMED}", "content-type": "application/json"}
    call = Call("POST", path, headers, json.dumps(fields).encode())
    decisions.keep(call, answer := application.answer(call))
    asked = Call("GET", WHY_PATH + answer.correlation_id, {"accept": "text/html,*/*;q=0.8"})
    shown = decisions.answer(asked).body.decode(errors="replace")
    assert "<script" not in shown
    assert NAMED not in shown


def test_a_browser_is_shown_a_page_and_everybody_else_json(stub: RunningStub) -> None:
    """The page names the refusing rule first, then tells of every rule."""
    refused = requests.post(f"{stub.url}/genesys-cloud/api/v2/conversations/calls", timeout=SECONDS)
    url = stub.addresses["why"] + refused.headers["X-Outdial-Decision"]
    told_why = requests.get(url, timeout=SECONDS).json()
    shown = requests.get(url, headers={"Accept": "text/html"}, timeout=SECONDS)
    assert (told_why["status"], told_why["code"]) == (401, refused.json()["code"])
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Refused by <b>bearer-token</b>. Operation: place-call." in shown.text
    assert all(f"<td>{step['rule']}</td>" in shown.text for step in told_why["trace"])
    assert f"401 {told_why['code']}</title>" in shown.text
    asked = [step["asked"] for step in told_why["trace"]]
    assert asked == ["then", *["now"] * (len(asked) - 1)], "those behind the refusing one are asked of the world of now"
    assert shown.text.count("class=refused>") == 1
    assert "<tr class=refused><td>bearer-token</td>" in shown.text


@given(
    sizes=some.lists(some.integers(0, 50_000), min_size=1, max_size=40),
    limit=some.integers(1, 100_000),
    code=some.sampled_from(["", "refused"]),
)
def test_what_is_kept_is_bounded_and_the_latest_is_always_kept(sizes: list[int], limit: int, code: str) -> None:
    """Large requests push out more of the older ones than small ones do; accepted ones never push out a refusal."""
    decisions = Decisions(limit)
    decisions.keep(Call("POST", "/x"), Answer(403, {}, b"", code="refused", correlation_id="first"))
    for at, size in enumerate(sizes):
        decisions.keep(Call("POST", "/x", body=bytes(size)), Answer(200, {}, b"", code=code, correlation_id=str(at)))
    found = [decisions.answer(Call("GET", f"{WHY_PATH}{at}")).status == 200 for at in range(len(sizes))]
    assert found == sorted(found)
    assert found[-1]
    kept = sum(size + OVERHEAD for size, here in zip(sizes[:-1], found[:-1], strict=True) if here)
    assert kept <= limit
    assert code or decisions.answer(Call("GET", f"{WHY_PATH}first")).status == 200


def test_hundreds_of_ordinary_refusals_are_kept() -> None:
    """A test run may ask about any of its own."""
    decisions = Decisions()
    for at in range(300):
        decisions.keep(Call("POST", "/x", body=bytes(500)), Answer(403, {}, b"", code="no", correlation_id=str(at)))
    assert decisions.answer(Call("GET", f"{WHY_PATH}0")).status == 200


def test_accepted_calls_take_an_eighth_of_the_room() -> None:
    """They are many, and are asked about less."""
    limit = 100 * OVERHEAD
    decisions = Decisions(limit)
    for at in range(100):
        decisions.keep(Call("POST", "/x"), Answer(200, {}, b"", correlation_id=str(at)))
    kept = [at for at in range(100) if decisions.answer(Call("GET", f"{WHY_PATH}{at}")).status == 200]
    assert kept == [*range(100 - len(kept), 100)]
    assert 10 <= len(kept) <= 12


def test_an_id_that_is_not_kept_is_said_to_be_so(stub: RunningStub) -> None:
    """A mistyped id, or one of another run."""
    answer = requests.get(stub.addresses["why"] + "nobody", timeout=SECONDS)
    assert answer.status_code == 404
    assert "no decision 'nobody' is kept" in answer.json()["message"]


@pytest.fixture
def full_disk() -> Iterator[int]:
    """A descriptor on which every write fails."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    descriptor = os.open("/dev/full", os.O_WRONLY)
    yield descriptor
    os.close(descriptor)


def test_a_log_that_cannot_be_written_costs_nobody_an_answer(full_disk: int) -> None:
    """The line is left out."""
    Log(full_disk).write(Call("GET", "/x"), Answer(200, {}, b""))


def test_a_pipe_that_is_read_gets_every_line_and_one_that_is_full_holds_up_nothing() -> None:
    """Lines are left out as long as nobody reads, and come again when somebody does."""
    read, write = os.pipe()
    os.set_blocking(read, False)  # a line that is missing is None, and not waited for
    log = Log(write)
    with os.fdopen(read, "rb", buffering=0) as reading:
        log.write(Call("GET", "/first"), Answer(200, {}, b""))
        assert b" GET /first 200\n" in reading.read(1000)
        for _ in range(5000):
            log.write(Call("GET", "/unread"), Answer(200, {}, b""))
        reading.read(1 << 20)
        log.write(Call("GET", "/last"), Answer(200, {}, b""))
        assert b" GET /last 200\n" in reading.read(1 << 20)
    os.close(write)
