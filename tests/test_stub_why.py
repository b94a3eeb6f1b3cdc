"""The stub says why: a line for each request, and the whole trace by correlation id; never a token."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some

from outdial.provider import Answer, Call
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_log_that_cannot_be_written_costs_nobody_an_answer() -> None:
    """The line is left out."""
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--ready-file", "-"]
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=full, text=True)
    with process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert [requests.post(url + CALLS, timeout=SECONDS).status_code for _ in range(2)] == [401, 401]
        process.terminate()


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


@pytest.mark.parametrize(("number", "shown"), [(2**53 - 1, 2**53 - 1), (-(2**53), "(a large number)")])
def test_a_number_is_told_as_it_was_sent_unless_a_reader_could_round_it(
    stub: RunningStub, number: int, shown: object
) -> None:
    """A phone number as a number is a likely mistake; past 53 bits JavaScript would show another one."""
    user = {"station": "associated", "role": {"permissions": ["conversation:conference:add"]}}
    able = made(stub, "an access token", grant="authorization_code", scopes=["conversations"], user=user)
    bearer = {"Authorization": f"Bearer {able['accessToken']}"}
    answer = requests.post(stub.url + CALLS, json={"phoneNumber": number}, headers=bearer, timeout=SECONDS)
    told = why(stub, answer).json()
    assert (told["status"], told["refused_by"]["facts"]) == (400, {"body.phoneNumber": shown})


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


def test_what_is_kept_is_bounded_and_the_latest_is_always_kept(stub: RunningStub) -> None:
    """Hundreds of ordinary refusals; large ones push out the older; accepted ones never push out a refusal."""

    def ask(body: str = "", url: str = stub.url + CALLS) -> str:
        headers = {"Content-Type": "application/json"}
        return session.post(url, data=body, headers=headers, timeout=SECONDS).headers["X-Outdial-Decision"]

    def kept(decision: str) -> bool:
        return session.get(stub.addresses["why"] + decision, timeout=SECONDS).status_code == 200

    client = made(stub, "an OAuth client")
    login, form = f"{stub.url}/genesys-cloud-login/oauth/token", {"grant_type": "client_credentials"}
    basic = (client["clientId"], client["clientSecret"])
    with requests.Session() as session:
        first = ask()
        for _ in range(300):
            ask("x" * 500)
            session.post(login, data=form, auth=basic, timeout=SECONDS)
        assert kept(first)
        accepted = session.post(login, data=form, auth=basic, timeout=SECONDS)
        assert accepted.ok
        assert kept(accepted.headers["X-Outdial-Decision"])
        latest = [ask("x" * 900_000) for _ in range(4)]
        assert not kept(first)
        assert kept(latest[-1])
        assert "no decision" in session.get(f"{stub.addresses['why']}nobody", timeout=SECONDS).json()["message"]
