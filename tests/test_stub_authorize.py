"""The login of a user in a browser: from the page of the login host to a token, and with it to a call."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from html import unescape
from urllib.parse import parse_qsl, urlencode

import pytest
import requests

from outdial.verification.stub_process import RunningStub
from tests.conftest import SECONDS, made

VERIFIER = "verifier-of-a-test-that-nobody-else-has-0123456789"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
CALLBACK = "https://app.example/callback?tenant=one"
STATE = "a b&c=ü/é"
ROLE = {"permissions": ["conversation:call:add"]}


def client_of(stub: RunningStub, grant: str = "authorization_code") -> dict[str, str]:
    """An OAuth client whose tokens have the scope to place calls."""
    return made(stub, "an OAuth client", grant=grant, scopes=["conversations"])


def page_of(stub: RunningStub, **asked: str | None) -> str:
    """The address of the login page."""
    usual = {"response_type": "code", "redirect_uri": CALLBACK, "state": STATE}
    fields = {name: value for name, value in {**usual, **asked}.items() if value is not None}
    return f"{stub.url}/genesys-cloud-login/oauth/authorize?{urlencode(fields)}"


def opened(url: str) -> requests.Response:
    """What is answered, redirects not followed."""
    return requests.get(url, timeout=SECONDS, allow_redirects=False)


def told(answer: requests.Response) -> dict[str, str]:
    """What the redirect tells the application, beside what its own address says."""
    assert answer.status_code == 302, answer.text
    url, _, query = answer.headers["Location"].partition("?")
    fields = dict(parse_qsl(query))
    assert (url, fields.pop("tenant")) == ("https://app.example/callback", "one")
    return fields


def token(stub: RunningStub, code: str, client: dict[str, str], **fields: str) -> requests.Response:
    """A token for a code: with the client's secret, or with a verifier and no secret."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **fields}
    basic = None if "code_verifier" in fields else (client["clientId"], client["clientSecret"])
    return requests.post(f"{stub.url}/genesys-cloud-login/oauth/token", data=form, auth=basic, timeout=SECONDS)


def call(stub: RunningStub, agent: str, bearer: str) -> int:
    """Place a call for an agent."""
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls/user/{agent}"
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.post(url, json={"phoneNumber": "+13175550142"}, headers=headers, timeout=SECONDS).status_code


@pytest.mark.parametrize("pkce", [True, False])
def test_from_the_login_page_to_a_token_to_a_call(alone: RunningStub, pkce: bool) -> None:
    """The only user of the world logs in; the state comes back as it was, and the token may do what the user may."""
    agent, client = made(alone, "an agent", role=ROLE)["agentId"], client_of(alone)
    back = told(opened(page_of(alone, client_id=client["clientId"], **(S256 if pkce else {}))))
    assert back["state"] == STATE
    proof = {"code_verifier": VERIFIER, "client_id": client["clientId"]} if pkce else {}
    if pkce:
        wrong = token(alone, back["code"], client, code_verifier=VERIFIER[:-1], client_id=client["clientId"])
        assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    answer = token(alone, back["code"], client, **proof)
    assert call(alone, agent, answer.json()["access_token"]) == 202
    assert token(alone, back["code"], client, **proof).json()["error"] == "invalid_grant", "a code is used once"
    assert back["code"] not in alone.said()


def test_of_several_users_one_is_chosen_on_the_page_or_by_the_request(alone: RunningStub) -> None:
    """Each has a link, and nobody's is there for a refusal; `login_hint` says it beforehand."""
    may, may_not = made(alone, "an agent", role=ROLE)["agentId"], made(alone, "an agent")["agentId"]
    client = client_of(alone)
    url = page_of(alone, client_id=client["clientId"])
    page = opened(url)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    links = {text: unescape(link) for link, text in re.findall(r'<a href="([^"]*)">([^<]*)', page.text)}
    assert list(links) == [may, may_not, "nobody: refuse"]
    at = url.partition("?")[0]
    for agent, status in ((may, 202), (may_not, 403)):
        for address in (at + links[agent], page_of(alone, client_id=client["clientId"], login_hint=agent)):
            code = told(opened(address))["code"]
            assert call(alone, agent, token(alone, code, client).json()["access_token"]) == status
    assert told(opened(at + links["nobody: refuse"])) == {"error": "access_denied", "state": STATE}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"error": "temporarily_unavailable"}, "temporarily_unavailable"),
        ({"grant": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_what_is_wrong_is_told_to_the_application(stub: RunningStub, asked: dict[str, str | None], error: str) -> None:
    """By a redirect, with the state (RFC 6749, 4.1.2.1; RFC 7636, 4.4.1)."""
    client = client_of(stub, asked.get("grant") or "authorization_code")
    answer = opened(page_of(stub, **{"client_id": client["clientId"], **asked, "grant": None}))
    assert told(answer) == {"error": error, "state": STATE}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", "nobody"),
        ("client_id", None),
        ("redirect_uri", None),
        ("redirect_uri", "/relative"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "https://app.example/#part"),
        ("redirect_uri", "https://[broken"),
        ("redirect_uri", "https://app.例/"),
        ("redirect_uri", "https://app.example/\r\nSet-Cookie: a=b"),
    ],
)
def test_nobody_is_sent_where_it_is_not_known_who_asks(stub: RunningStub, field: str, value: str | None) -> None:
    """An unknown client, or an address that cannot be one, is told to the user and not by a redirect."""
    answer = opened(page_of(stub, **{"client_id": client_of(stub)["clientId"], field: value}))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "Location" not in answer.headers


def test_a_code_expires_after_ten_minutes(alone: RunningStub) -> None:
    """As the clock of the stub says."""
    made(alone, "an agent", role=ROLE)
    client = client_of(alone)
    codes = [told(opened(page_of(alone, client_id=client["clientId"])))["code"] for _ in range(2)]
    for seconds, status in ((599, 200), (2, 400)):
        requests.post(f"{alone.url}/clock", json={"forward": seconds}, timeout=SECONDS).raise_for_status()
        assert token(alone, codes.pop(), client).status_code == status


def test_nice_cxone_has_its_page_too(alone: RunningStub) -> None:
    """Below another path, with the same answers; its codes ask for a verifier and the secret."""
    made(alone, "an agent")
    client = client_of(alone)
    url = page_of(alone, client_id=client["clientId"], **S256)
    code = told(opened(url.replace("genesys-cloud-login/oauth", "nice-cxone-login/auth")))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    basic = (client["clientId"], client["clientSecret"])
    answer = requests.post(f"{alone.url}/nice-cxone-login/auth/token", data=form, auth=basic, timeout=SECONDS)
    assert answer.json()["access_token"]
