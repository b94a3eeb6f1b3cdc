"""The stub as a team's sandbox: reset, faults on demand, the requests it got, a saved world, a page of operations."""

import time
from typing import Any

import pytest
import requests

from outdial import Stub
from outdial.provider import POLICIES
from outdial.verification.stub_process import running_stub

CALLS = "/api/v2/conversations/calls"


@pytest.fixture
def sandbox(outdial_stub: Stub) -> Stub:
    """The fixture of the plugin, as an application's tests have it."""
    return outdial_stub


def place(stub: Stub, token: str) -> requests.Response:
    """Place a call as an application does."""
    headers = {"Authorization": f"Bearer {token}"}
    body = {"phoneNumber": "+13175550142"}
    return requests.post(stub.url("genesys-cloud") + CALLS, json=body, headers=headers, timeout=20)


def user_token(stub: Stub) -> str:
    user = {"role": {"permissions": ["conversation:conference:add"]}}
    given = stub.state("an access token", grant="authorization_code", scopes=["conversations"], user=user)
    return given["accessToken"]


def test_an_operation_refuses_as_often_as_asked_and_then_recovers(sandbox: Stub) -> None:
    """In the shape of its edition, with the headers asked for; nothing is placed meanwhile."""
    token = user_token(sandbox)
    sandbox.fault(f"POST {CALLS}", status=429, code="too.many.requests", headers={"Retry-After": "2"}, times=2)
    refused = [place(sandbox, token) for _ in range(2)]
    assert [(each.status_code, each.headers["Retry-After"], each.json()["code"]) for each in refused] == [
        (429, "2", "too.many.requests")
    ] * 2
    assert place(sandbox, token).status_code == 202


def test_an_answer_is_late_or_lost_while_the_call_is_placed(sandbox: Stub) -> None:
    """What a client meets that must not dial twice: no answer, and a call."""
    token = user_token(sandbox)
    sandbox.fault(f"POST {CALLS}", delay=0.5)
    before = time.monotonic()
    assert place(sandbox, token).status_code == 202
    assert time.monotonic() - before >= 0.5
    sandbox.fault(f"POST {CALLS}", drop=True)
    with pytest.raises(requests.ConnectionError):
        place(sandbox, token)
    assert place(sandbox, token).status_code == 202


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"status": 200}, "should be greater than or equal to 400"),
        ({"request": "calls"}, "does not have the form"),
        (
            {"request": "POST /api/v2/conversations/callz", "status": 500},
            "did you mean 'POST /api/v2/conversations/calls'?",
        ),
        ({}, "a fault has a status, a delay or drop: true"),
        ({"status": 500, "headers": {"Content-Length": "5"}}, "Content-Length is the server's own header"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Stub, what: dict[str, Any], said: str) -> None:
    """With what is wrong and what would be valid."""
    with pytest.raises(ValueError, match="the request:1") as refused:
        sandbox.fault(**{"request": f"POST {CALLS}", **what})
    assert said in str(refused.value)


def test_requests_are_told_with_their_bodies_and_without_secrets(sandbox: Stub) -> None:
    """Filtered by path and status; after a reset there are none, and no fault waits."""
    token = user_token(sandbox)
    place(sandbox, token)
    place(sandbox, "somebody-elses-token")
    [accepted] = sandbox.requests(path=CALLS, status=202)
    assert accepted["body"] == {"phoneNumber": "+13175550142"}
    [refused] = sandbox.requests(status=401)
    assert refused["code"] == "bad.credentials"
    secret = {"grant_type": "client_credentials", "client_secret": "a-secret-of-a-client"}
    requests.post(sandbox.url("genesys-cloud-login") + "/oauth/token", data=secret, timeout=20)
    told = str(sandbox.requests())
    assert token not in told
    assert "a-secret-of-a-client" not in told
    sandbox.fault("GET /api/v2/users/me", status=503)
    sandbox.reset()
    assert sandbox.requests() == []
    assert requests.get(sandbox.url("genesys-cloud") + "/api/v2/users/me", timeout=20).status_code == 401


def test_a_saved_world_is_the_same_world(sandbox: Stub) -> None:
    """Tokens, permissions and refusals are there again."""
    token = user_token(sandbox)
    without = sandbox.state("an access token", grant="client_credentials", scopes=["日本 😀"])["accessToken"]
    before = [place(sandbox, each).status_code for each in (token, without)]
    base = sandbox.url("genesys-cloud").rpartition("/")[0]
    saved = requests.get(f"{base}/world", timeout=20)
    sandbox.reset()
    assert [place(sandbox, each).status_code for each in (token, without)] == [401, 401]
    assert requests.post(f"{base}/world", data=saved.content, timeout=20).status_code == 200
    assert [place(sandbox, each).status_code for each in (token, without)] == before == [202, 403]
    for right, mistake, said in (
        (b'"token"', b'"tokn"', "did you mean 'token'?"),
        (b'"scopes"', b'"scoeps"', "did you mean 'scopes'?"),
        (b'"status": "valid"', b'"status": "vald"', "did you mean 'valid'?"),
        (b'"scopes": [', b'"scopes": [{}, ', "expects text or a list"),
    ):
        wrong = requests.post(f"{base}/world", data=saved.content.replace(right, mistake), timeout=20)
        assert (wrong.status_code, said in wrong.text) == (400, True), wrong.text


def test_only_its_own_methods_and_pages_control_the_stub(sandbox: Stub) -> None:
    """A link, a form or a script of a web page changes nothing and mints no token; nesting without end is a 400."""
    base = sandbox.url("genesys-cloud").rpartition("/")[0]
    paths = ("/reset", "/faults", "/requests", "/world", "/clock", "/provider-states")
    for headers in ({"Origin": "https://page.example"}, {"Host": "page.example"}):
        answers = [requests.post(base + path, data="{}", headers=headers, timeout=20) for path in paths]
        assert [each.status_code for each in answers] == [403] * len(paths)
        assert not any("Access-Control-Allow-Origin" in each.headers for each in answers)
    assert [requests.patch(base + path, timeout=20).status_code for path in paths] == [405] * len(paths)
    assert requests.get(base + "/reset", timeout=20).status_code == 405
    for path in ("/faults", "/world", "/provider-states"):
        for deep in ("[" * 100_000, "- " * 100_000, '{"a":' * 100_000):
            assert requests.post(base + path, data=deep, timeout=20).status_code == 400
    misspelt = requests.post(base + "/provider-states", json={"state": "an agent", "parms": {}}, timeout=20)
    assert (misspelt.status_code, "did you mean 'params'" in misspelt.text) == (400, True)
    with pytest.raises(ValueError, match="no field 'stauts'"):
        sandbox.requests(stauts=403)


def test_the_operations_are_a_page(sandbox: Stub) -> None:
    """Each with its fields, statuses and codes, readable in a browser."""
    page = requests.get(sandbox.url("genesys-cloud") + "/openapi.html", timeout=20)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h2>POST /api/v2/conversations/calls</h2>" in page.text
    assert "missing.any.permissions" in page.text


def test_without_states_nothing_of_it_is_there() -> None:
    """Who may set faults, see requests or save a world may do anything, so it is off unless asked for."""
    with running_stub(POLICIES, ("--quiet",)) as stub:
        for path in ("/faults", "/requests", "/world", "/reset"):
            assert requests.get(stub.url + path, timeout=20).status_code == 404
