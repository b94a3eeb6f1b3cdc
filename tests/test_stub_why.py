"""The stub says why: a line for each request, and the whole trace by correlation id; never a token."""

import json
import re
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import requests
from hypothesis import given
from hypothesis import strategies as some

from outdial.provider import Answer, Call
from outdial.provider.decisions import Decisions
from outdial.replay.request import request_of
from outdial.verification.stub_process import RunningStub
from tests.committed import interactions, stub_here
from tests.conftest import SECONDS, made

SECRET_WORDS = ("token", "secret", "credentials", "code", "verifier", "assertion")
NAMED = "stub-named-in-a-header-and-nowhere-else"
CALLS = "/genesys-cloud/api/v2/conversations/calls"
BEARER = {"Authorization": f"Bearer {NAMED}"}


def why(stub: RunningStub, answer: requests.Response, **headers: str) -> requests.Response:
    """The decision behind an answer."""
    return requests.get(stub.addresses["why"] + answer.headers["X-Outdial-Decision"], headers=headers, timeout=SECONDS)


def logged(stub: RunningStub) -> dict[str, Any]:
    """The lines of the stub's log by their decisions."""
    lines = [json.loads(line) for line in stub.said().splitlines() if line.startswith("{")]
    return {line["decision"]: line for line in lines}


def secrets_in(values: dict[str, Any]) -> set[str]:
    """The texts of an answer that nobody else may read."""
    return {
        value
        for name, value in values.items()
        if isinstance(value, str) and len(value) > 12 and any(word in name.lower() for word in SECRET_WORDS)
    }


def test_every_refusing_rule_is_named_in_the_log_and_by_why(alone: RunningStub) -> None:
    """Each refused row of the pacts is explained by the rule that it is written for; no token is in either account."""
    minted, told, said = set[str](), dict[str, Any](), ""
    with requests.Session() as session:
        for row in interactions():
            values: dict[str, str] = {}
            for state in row.states:
                change = {"state": state.name, "params": dict(state.params)}
                values |= session.post(alone.state_url, json=change, timeout=SECONDS).json()
            sent = request_of(row, row.provider, values)
            query = f"?{sent.query_string}" if sent.query_string else ""
            answer = session.request(
                sent.method, alone.url + sent.path + query, headers=dict(sent.headers), data=sent.body, timeout=SECONDS
            )
            body = answer.json() if answer.content and "json" in answer.headers["Content-Type"] else {}
            minted |= secrets_in(values) | (secrets_in(body) if answer.ok else set())
            decision = answer.headers["X-Outdial-Decision"]
            assert body.get("contextId", decision) == decision
            text = session.get(alone.addresses["why"] + decision, timeout=SECONDS).text
            told[decision], said = (row, answer.status_code, json.loads(text)), said + text
    lines = logged(alone)
    for decision, (row, status, found) in told.items():
        line = lines[decision]
        assert ((found["refused_by"] or {}).get("rule"), found["status"]) == (row.because, status), row.case_id
        assert (line["rule"], line["status"]) == (row.because, status)
        if row.because:
            rule = next(step for step in found["trace"] if step["rule"] == row.because)
            assert rule["outcome"] == "failed"
            assert rule["facts"] == found["refused_by"]["facts"] == line["facts"]
            assert rule["basis"] == line["basis"]
    assert len(minted) > 100
    assert not [secret for secret in minted if secret in said or secret in alone.said()]


def test_a_line_of_text_says_who_refused_and_a_log_that_nobody_reads_holds_up_no_answer() -> None:
    """A test starts the stub with a pipe and never looks: after a pipe's worth of lines it still answers."""
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--ready-file", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with requests.Session() as session:
            first = session.post(f"{url}{CALLS}?token=x", timeout=SECONDS)
            for _ in range(600):
                session.get(f"{url}/genesys-cloud/{'x' * 190}", timeout=SECONDS)
        process.terminate()
        _, lines = process.communicate()
    time, _, said = lines.splitlines()[0].partition(" ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert said == (
        f"POST {CALLS} 401 authentication.required"
        f' | bearer-token (published) {{"request.scheme": null}} | {first.headers["X-Outdial-Decision"]}'
    )


texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=300) | some.sampled_from(
    ["\n", "\x1b[2J", "a" * 2000, "é" * 300, NAMED, "<script>", "{'a': 1}"]
)
values = some.recursive(
    some.none() | some.booleans() | some.integers(-(10**400), 10**400) | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(step=texts, fields=some.dictionaries(texts | some.just("phoneNumber"), values, max_size=5))
def test_whatever_is_asked_is_told_in_one_line_and_without_the_token(
    standing: RunningStub, step: str, fields: dict[str, Any]
) -> None:
    """Line breaks, escapes, huge values, and the caller's token in a wrong place."""
    body = json.dumps({**fields, "note": NAMED})
    lines = standing.said().count("\n")
    url = f"{standing.url}{CALLS}/user/{quote(step or 'x', safe='')}"
    answer = requests.post(url, data=body, headers={**BEARER, "Content-Type": "application/json"}, timeout=SECONDS)
    if "X-Outdial-Decision" in answer.headers:
        assert NAMED not in why(standing, answer).text
    for line in standing.said().split("\n")[lines:-1]:
        assert line.isprintable()
        assert NAMED not in line
        assert json.loads(line)["path"]


def test_somebody_elses_token_in_a_path_is_not_told(standing: RunningStub) -> None:
    """A client that puts a token where an id belongs does not find it in a log."""
    token = made(standing, "an access token")["accessToken"]
    answer = requests.get(f"{standing.url}{CALLS}/{token}", timeout=SECONDS)
    assert token not in standing.said() + why(standing, answer).text


def test_no_token_is_in_what_python_says_of_a_call_and_its_answer() -> None:
    """As a traceback or a failing assertion would show it: neither what was sent nor what was answered."""
    headers = {"authorization": f"Bearer {NAMED}", "content-type": "application/json"}
    call = Call("POST", CALLS, headers, json.dumps({"note": NAMED}).encode(), query_string=NAMED)
    answer = stub_here()[0].answer(call)
    assert NAMED not in repr(call) + repr(answer) + repr(answer.decision) + repr(Answer(200, {}, NAMED.encode()))


def test_rules_behind_the_refusing_one_are_told_as_asked_now(stub: RunningStub) -> None:
    """The trace has every rule; those after the refusal are asked of the world as it is now."""
    told = why(stub, requests.post(stub.url + CALLS, timeout=SECONDS)).json()
    asked = [step["asked"] for step in told["trace"]]
    assert (told["status"], told["refused_by"]["rule"]) == (401, "bearer-token")
    assert asked == ["then", *["now"] * (len(asked) - 1)]


def test_the_latest_decisions_are_kept_and_accepted_ones_push_out_no_refusal() -> None:
    """A large request pushes out older ones; memory is bounded."""
    decisions = Decisions(limit=50_000)
    for name, code, body in (("first", "refused", b""), *((f"{at}", "", b"x" * 9_000) for at in range(9))):
        decisions.keep(Call("POST", CALLS, body=body), Answer(403, {}, b"", code=code, correlation_id=name))
    assert [decisions.answer(Call("GET", f"/why/{name}")).status for name in ("first", "8", "0")] == [200, 200, 404]
    decisions.keep(Call("POST", CALLS, body=b"x" * 90_000), Answer(403, {}, b"", code="x", correlation_id="large"))
    assert [decisions.answer(Call("GET", f"/why/{name}")).status for name in ("first", "large")] == [404, 200]
