"""The login of a user in a browser: from the page of the login host to a token, and with it to a call."""

import re
import shutil
import subprocess
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from outdial.verification.stub_process import RunningStub, running_stub
from tests.test_stub_addresses import made

SECONDS = 10
VERIFIER = "verifier-of-a-test-that-nobody-else-has-0123456789"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "https://app.example/callback?tenant=one"
STATE = "a b&c=ü/é"
ROLE = {"permissions": ["conversation:call:add"]}


@pytest.fixture
def alone() -> Iterator[RunningStub]:
    """A stub with a world of its own, so that it is known who is in it; no time passes by itself."""
    with running_stub(options=["--states", "--clock", "standing"]) as running:
        yield running


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
    url = f"{stub.url}/genesys-cloud-login/oauth/token"
    return requests.post(url, data=form, auth=basic, timeout=SECONDS)


def call(stub: RunningStub, agent: str, bearer: str) -> int:
    """Places a call for an agent."""
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls/user/{agent}"
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.post(url, json={"phoneNumber": "+13175550142"}, headers=headers, timeout=SECONDS).status_code


@pytest.mark.parametrize("pkce", [True, False])
def test_from_the_login_page_to_a_token_to_a_call(alone: RunningStub, pkce: bool) -> None:
    """The only user of the world logs in; the state comes back as it was, and the token may do what the user may."""
    agent, client = made(alone, "an agent", role=ROLE)["agentId"], client_of(alone)
    challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} if pkce else {}
    back = told(opened(page_of(alone, client_id=client["clientId"], **challenge)))
    assert back["state"] == STATE
    proof = {"code_verifier": VERIFIER, "client_id": client["clientId"]} if pkce else {}
    if pkce:
        wrong = token(alone, back["code"], client, code_verifier=VERIFIER[:-1], client_id=client["clientId"])
        assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    answer = token(alone, back["code"], client, **proof)
    assert answer.status_code == 200, answer.text
    assert call(alone, agent, answer.json()["access_token"]) == 202
    assert token(alone, back["code"], client, **proof).json()["error"] == "invalid_grant", "a code is used once"
    assert back["code"] not in alone.said()


def test_of_several_users_one_is_chosen_on_the_page_or_by_the_request(alone: RunningStub) -> None:
    """Each has a link, and nobody's is there for a refusal; `login_hint` says it beforehand."""
    may, may_not = made(alone, "an agent", role=ROLE)["agentId"], made(alone, "an agent")["agentId"]
    client = client_of(alone)
    url = page_of(alone, client_id=client["clientId"])
    page = opened(url)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<p>2 users of this stub's world." in page.text
    links = {text: unescape(link) for link, text in re.findall(r'<a href="([^"]*)">([^<]*)', page.text)}
    assert list(links) == [may, may_not, "nobody: refuse"]
    at = url.partition("?")[0]
    for agent, status in ((may, 202), (may_not, 403)):
        for address in (at + links[agent], page_of(alone, client_id=client["clientId"], login_hint=agent)):
            code = told(opened(address))["code"]
            assert call(alone, agent, token(alone, code, client).json()["access_token"]) == status
    refused = opened(at + links["nobody: refuse"])
    assert told(refused) == {"error": "access_denied", "state": STATE}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"error": "temporarily_unavailable"}, "temporarily_unavailable"),
    ],
)
def test_what_is_wrong_is_told_to_the_application(stub: RunningStub, asked: dict[str, str | None], error: str) -> None:
    """By a redirect, with the state (RFC 6749, 4.1.2.1; RFC 7636, 4.4.1)."""
    answer = opened(page_of(stub, client_id=client_of(stub)["clientId"], **asked))
    assert told(answer) == {"error": error, "state": STATE}


def test_a_client_of_another_grant_is_told_so(stub: RunningStub) -> None:
    """It is known, and may not log users in."""
    answer = opened(page_of(stub, client_id=client_of(stub, "client_credentials")["clientId"], state=None))
    assert told(answer) == {"error": "unauthorized_client"}


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "/relative"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://app.example/#part"},
        {"redirect_uri": "https://[broken"},
        {"redirect_uri": "https://app.例/"},
        {"redirect_uri": "https://app.example/a b"},
        {"redirect_uri": "https://app.example/\r\nSet-Cookie: a=b"},
    ],
)
def test_nobody_is_sent_where_it_is_not_known_who_asks(stub: RunningStub, asked: dict[str, str | None]) -> None:
    """An unknown client, or an address that cannot be one, is told to the user and not by a redirect."""
    answer = opened(page_of(stub, **{"client_id": client_of(stub)["clientId"], **asked}))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "Location" not in answer.headers


def test_a_code_expires_after_ten_minutes(alone: RunningStub) -> None:
    """As the clock of the stub says."""
    made(alone, "an agent", role=ROLE)
    client = client_of(alone)
    code = told(opened(page_of(alone, client_id=client["clientId"])))["code"]
    assert requests.post(f"{alone.url}/clock", json={"forward": 601}, timeout=SECONDS).ok
    assert token(alone, code, client).json()["error"] == "invalid_grant"


def test_nice_cxone_has_its_page_too(alone: RunningStub) -> None:
    """Below another path, with the same answers; its codes ask for a verifier and the secret."""
    made(alone, "an agent")
    client = client_of(alone)
    url = page_of(alone, client_id=client["clientId"], code_challenge=CHALLENGE, code_challenge_method="S256")
    code = told(opened(url.replace("genesys-cloud-login/oauth", "nice-cxone-login/auth")))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    basic = (client["clientId"], client["clientSecret"])
    answer = requests.post(f"{alone.url}/nice-cxone-login/auth/token", data=form, auth=basic, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["access_token"]


def test_an_sdk_that_is_given_one_address_finds_it_there(tmp_path: Path) -> None:
    """At a base path, a browser follows from the page to the application, which reads code and state."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("chromium is not installed here")

    class Application(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Show what the redirect brought."""
            self.send_response(200)
            self.end_headers()
            self.wfile.write(urlsplit(self.path).query.encode())

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        with running_stub(options=["--states", "--quiet", "--base-path", "/"]) as stub:
            made(stub, "an agent")
            redirect = f"http://127.0.0.1:{server.server_port}/back"
            url = page_of(stub, client_id=client_of(stub)["clientId"], redirect_uri=redirect, state="kept")
            options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
            command = [chromium, *options, url.replace("/genesys-cloud-login", "")]
            shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
            assert re.search(r"code=[\w-]{20,}&amp;state=kept", shown), shown
    finally:
        server.shutdown()
        server.server_close()
