"""The page's application: whom it answers, with what, and that nothing of what was pasted gets out."""

import json
import re
from base64 import b64encode
from hashlib import sha256
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
from tests.explain.test_random import EXAMPLES
from tests.explain.test_secrets import LONG, PLANTED, RESPONSE, SECRET
from tests.strength.editions import POLICIES

PAGE = PageApplication(POLICIES)
HOST = "127.0.0.1:8650"
CURL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 --json '{"phoneNumber": "+13175550142"}'"""


def ask(content: Any, method: str = "POST", path: str = "/explain", **headers: str) -> Answer:
    """What is answered to a question, with the headers that a browser sends."""
    said = {"host": HOST, "content-type": "application/json", **headers}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return PAGE.answer(Call(method, path, said, body))


def test_the_page_loads_and_runs_nothing_but_itself() -> None:
    """Its policy names its only style and script by their hashes; no rules, rows or claims are in it."""
    answer = ask(b"", "GET")
    page, policy = answer.body.decode(), answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        [inside] = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert f"{kind}-src 'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}';" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.findall(r"\son\w+=|\sstyle=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert len(answer.body) < 20_000


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "", "[::2]", "localhost@x"])
def test_another_name_of_this_machine_is_refused(host: str) -> None:
    """A page elsewhere cannot let its own name point here (DNS rebinding)."""
    for method in ("GET", "POST"):
        assert ask({"request": CURL}, method, host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8650", "LOCALHOST"])
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
        (b"\xff\xfe{", {}, 400),
        (b"[" * 100_000, {}, 400),
        ({}, {}, 400),
        ({"request": "hello"}, {}, 400),
        ({"request": ["curl"]}, {}, 400),
        ({"request": CURL, "token": "x"}, {}, 400),
        ({"request": CURL, "edition": "no-such"}, {}, 400),
        ({"request": CURL, "facts": {"agent": {"station": "sleeping"}}}, {}, 400),
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


@settings(max_examples=EXAMPLES)
@given(
    st.fixed_dictionaries(
        {"request": st.text(max_size=60) | st.just(CURL)},
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
    facts: Any = {"token": {SECRET: SECRET, "status": SECRET}, SECRET: [SECRET]}
    for name, value in (("response", RESPONSE), ("edition", SECRET), ("facts", facts), (SECRET, SECRET)):
        answer = ask({"request": PLANTED[place], name: value})
        said = answer.body.decode() + json.dumps(dict(answer.headers))
        assert SECRET not in said
        assert LONG not in said


def test_the_answer_is_that_of_the_command() -> None:
    """The same text, and the same JSON beside it; the switches are used."""
    facts = {"token": {"grant": "client_credentials"}, "agent": {"station": "none"}}
    found = json.loads(ask({"request": CURL, "facts": facts}).body)
    same = explain(CURL, None, facts, policies=POLICIES)
    assert (found["text"], found["headline"]) == (same.text(), same.headline)
    assert "the token has no user" in found["headline"]


def test_the_stub_serves_the_page_to_no_other_page(stub: RunningStub) -> None:
    """The stub answers browsers of any origin for its editions, and for this page those of its own only."""
    with urlopen(stub.addresses["page"]) as page:  # noqa: S310
        assert b"<h1>Outdial</h1>" in page.read()
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "POST", "OPTIONS"):
        answer = requests.request(method, stub.addresses["page"], headers=asked, json={"request": CURL}, timeout=10)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    edition = requests.options(stub.addresses["editions"]["genesys-cloud"], headers=asked, timeout=10)
    assert edition.headers["Access-Control-Allow-Origin"] == "https://example.com"
