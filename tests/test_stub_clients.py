"""Clients as people have them, each with a call that is placed and one that is refused by the permission."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer

from outdial.verification.stub_process import RunningStub
from tests.conftest import made

pytestmark = pytest.mark.slow
SECONDS = 120
BODY = '{"phoneNumber": "+13175550142"}'
PAGE = """<!doctype html><body><script>
const [url, token, body] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const headers = {Authorization: `Bearer ${token}`, "Content-Type": "application/json"};
fetch(url, {method: "POST", headers, body, credentials: "include"})
  .then(async answer => `${await answer.text()} ${answer.headers.get("ININ-Correlation-Id").length} ${answer.status}`)
  .catch(problem => `refused by the browser: ${problem}`)
  .then(said => { document.title = said; document.body.textContent = said; });
</script>"""
CURL = {"plain": [], "HTTP/1.0": ["--http1.0"], "chunked": ["-H", "Transfer-Encoding: chunked"]}


@pytest.fixture(scope="module")
def place_call(stub: RunningStub) -> str:
    """Where a call is placed for an agent who has a station."""
    return f"{stub.url}/genesys-cloud/api/v2/conversations/calls/user/{made(stub, 'an agent')['agentId']}"


def token(stub: RunningStub, *permissions: str) -> str:
    """A token of an application with these permissions."""
    return made(stub, "an access token", role={"permissions": permissions})["accessToken"]


def answered(command: list[str], folder: Path) -> str:
    """What a program prints."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed here")
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True, cwd=folder).stdout


@pytest.mark.parametrize("options", CURL.values(), ids=CURL)
def test_curl_places_a_call_and_reads_its_refusal(
    stub: RunningStub, place_call: str, options: list[str], tmp_path: Path
) -> None:
    """The same two requests: 202 with an id, 403 with the code of the missing permission."""
    for bearer, status, said in (
        (token(stub, "conversation:agentlessCall:add"), "202", '"selfUri": "http://127.0.0.1:'),
        (token(stub), "403", '"code": "missing.any.permissions"'),
    ):
        headers = ["-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {bearer}"]
        command = ["curl", "-s", "-w", " %{http_code}", *headers, *options, "-d", BODY, place_call]
        printed = answered(command, tmp_path)
        assert printed.split()[-1] == status, printed
        assert said in printed


def test_a_page_in_a_browser_places_a_call_and_reads_its_refusal(
    stub: RunningStub, httpserver: HTTPServer, place_call: str, tmp_path: Path
) -> None:
    """A page of another origin: Chromium asks before it sends, and shows it body and headers of both answers."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium")
    httpserver.expect_request("/").respond_with_data(PAGE, content_type="text/html")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    for bearer, status, said in (
        (token(stub, "conversation:agentlessCall:add"), "36 202", '"selfUri"'),
        (token(stub), "36 403", '"missing.any.permissions"'),
    ):
        page = f"{httpserver.url_for('/')}#{quote(json.dumps([place_call, bearer, BODY]))}"
        shown = answered([chromium, *options, "--virtual-time-budget=20000", page], tmp_path)
        assert f"{status}</body>" in shown, shown[-600:]
        assert said in shown
