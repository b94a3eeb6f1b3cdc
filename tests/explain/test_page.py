"""The page's application: whom it answers, with what, and that nothing of what was pasted gets out."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.explain import explain
from outdial.explain.page.application import PageApplication
from outdial.provider import Answer, Call
from outdial.verification.stub_process import RunningStub
from tests.conftest import Run
from tests.explain.test_secrets import LONG, PLANTED, RESPONSE, SECRET
from tests.strength.editions import POLICIES

REPORTS = Path(__file__).parent / "reports"
PAGE = PageApplication(POLICIES)
HOST = "127.0.0.1:8650"
CURL = "curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>'"
REQUESTS = {
    **{path.stem: path.read_text() for path in sorted(REPORTS.glob("*.yaml"))},
    "curl": f"""{CURL} --json '{{"phoneNumber": "+13175550142"}}'""",
    "for an agent": f"{CURL.replace('calls', 'calls/user/{{agent_id}}')} --json '{{}}'",
    "login": "curl https://login.mypurecloud.com/oauth/token -d grant_type=client_credentials",
}


def ask(content: Any, method: str = "POST", path: str = "/explain", **headers: str) -> Answer:
    """What is answered to a question, with the headers that a browser sends."""
    said = {"host": HOST, "content-type": "application/json", **headers}
    return PAGE.answer(
        Call(method, path, said, content if isinstance(content, bytes) else json.dumps(content).encode())
    )


def told(**asked: Any) -> Any:
    """The explanation that the page gets."""
    answer = ask(asked)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_the_page_loads_and_runs_nothing_but_itself() -> None:
    """Its policy names its only style and script by their hashes, in the page and in the head of the answer."""
    answer = ask(b"", "GET")
    page, sent = answer.body.decode(), answer.headers["Content-Security-Policy"]
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert sent == f"{policy}; frame-ancestors 'none'"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        [inside] = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert f"{kind}-src 'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}';" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.findall(r"\son\w+=|\sstyle=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize(
    "host",
    ["example.com", "10.0.0.5:8650", "127.0.0.1.example.com", "", "[::2]", "localhost@x"],
)
def test_another_name_of_this_machine_is_refused(host: str) -> None:
    """A page elsewhere cannot let its own name point here (DNS rebinding)."""
    for method in ("GET", "POST"):
        assert ask({"request": CURL}, method, host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8650", "127.0.0.1:1", "[::1]:8650", "LOCALHOST"])
def test_the_names_of_loopback_are_answered(host: str) -> None:
    """However the browser of this machine calls it."""
    assert ask({"request": CURL}, host=host, origin=f"http://{host}").status == 200


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:1", f"https://{HOST}"])
def test_another_page_is_refused(origin: str) -> None:
    """The browser says where a question comes from."""
    assert ask({"request": CURL}, origin=origin).status == 403


@pytest.mark.parametrize(
    ("content", "options", "status"),
    [
        (b"", {"method": "PUT"}, 405),
        (b"", {"path": "/other", "method": "GET"}, 404),
        (b"request=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b'{"request": "curl x"}', {"content-type": "text/plain"}, 415),
        (b"\xff\xfe{", {}, 400),
        (b"[" * 100_000, {}, 400),
        ({}, {}, 400),
        ({"request": ""}, {}, 400),
        ({"request": "hello"}, {}, 400),
        ({"request": ["curl"]}, {}, 400),
        ({"request": CURL, "token": "x"}, {}, 400),
        ({"request": CURL, "edition": "no-such"}, {}, 400),
        ({"request": CURL, "facts": {"agent": {"station": "sleeping"}}}, {}, 400),
        ({"request": CURL, "facts": {"agnet": {"station": "none"}}}, {}, 400),
        ({"request": CURL, "facts": {"agent": ["x"]}}, {}, 400),
        ({"request": "curl \ud800"}, {}, 400),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_message(content: Any, options: dict[str, str], status: int) -> None:
    """One line that says what is expected."""
    answer = ask(content, **options)
    assert answer.status == status
    assert json.loads(answer.body)["error"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(
    st.fixed_dictionaries(
        {"request": st.text(max_size=60) | st.sampled_from(sorted(REQUESTS.values()))},
        optional={
            "response": st.text(max_size=60) | JSON,
            "edition": st.sampled_from(sorted(POLICIES)) | JSON,
            "facts": st.dictionaries(st.sampled_from(["token", "agent", "x"]), JSON, max_size=3) | JSON,
        },
    )
    | JSON
)
def test_any_question_is_answered(question: Any) -> None:
    """Whatever is asked: an explanation, or what is wrong with the question."""
    answer = ask(question)
    assert answer.status in (200, 400)
    assert json.loads(answer.body)


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_credential_is_in_no_answer(place: str) -> None:
    """Not in what is explained, and not in what is wrong with it, wherever it was pasted."""
    secret_elsewhere = {"edition": SECRET, "facts": {"token": {SECRET: SECRET}, SECRET: [SECRET]}, SECRET: SECRET}
    questions: list[dict[str, Any]] = [
        {"request": PLANTED[place], "response": RESPONSE},
        {
            "request": PLANTED[place],
            "edition": "genesys-cloud.owner-id",
            "facts": {"token": {"grant": "client_credentials"}},
        },
        *({"request": PLANTED[place], name: value} for name, value in secret_elsewhere.items()),
        {"request": PLANTED[place], "facts": {"token": {"status": SECRET}}},
    ]
    for question in questions:
        answer = ask(question)
        said = answer.body.decode() + json.dumps(dict(answer.headers))
        assert SECRET not in said
        assert LONG not in said


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_of_the_command(name: str) -> None:
    """The same text, and the same JSON beside it."""
    found = told(request=REQUESTS[name])
    same = explain(REQUESTS[name], policies=POLICIES)
    assert (found["text"], found["headline"]) == (same.text(), same.headline)


def test_facts_of_the_switches_are_used() -> None:
    """Grant, scopes, permissions, station."""
    facts = {"token": {"grant": "client_credentials"}, "agent": {"station": "none"}}
    assert "the token has no user" in told(request=REQUESTS["curl"], facts=facts)["headline"]


def test_the_page_comes_at_once() -> None:
    """No rules, rows or claims are in it."""
    assert len(ask(b"", "GET").body) < 20_000


@pytest.mark.parametrize("options", [[], ["curl http://x", "--page"]])
def test_a_request_or_the_page(options: list[str], run: Run) -> None:
    """Not neither, and not both."""
    ended = run("explain", *options)
    assert (ended.returncode, ended.stdout) == (4, "")


def test_the_stub_serves_the_page(stub: RunningStub) -> None:
    """At the address that it announces."""
    with urlopen(stub.addresses["page"]) as answer:  # noqa: S310
        assert answer.status == 200
        assert b"<h1>Outdial</h1>" in answer.read()


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_other_page_is_let_in_by_the_server(stub: RunningStub, method: str) -> None:
    """The stub answers browsers of any origin for its editions, and for this page those of its own only."""
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    answer = requests.request(method, stub.addresses["page"], headers=asked, json={"request": CURL}, timeout=10)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    edition = requests.options(stub.addresses["editions"]["genesys-cloud"], headers=asked, timeout=10)
    assert edition.headers["Access-Control-Allow-Origin"] == "https://example.com"
