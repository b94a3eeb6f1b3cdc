"""No token that is minted in a run appears in anything that the run prints or writes."""

import json
import re
from pathlib import Path

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from outdial.verification.stub_process import RunningStub
from tests.conftest import ROOT, Run
from tests.test_stub_why import secrets_in

ANY = re.compile(".*")


@pytest.fixture
def minted(httpserver: HTTPServer, stub: RunningStub) -> set[str]:
    """The secrets in the answers of the stub's states and login, noted by a relay before it."""
    found: set[str] = set()

    def relayed(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        answer = requests.request(
            request.method, stub.url + request.full_path.rstrip("?"), data=request.data, headers=headers, timeout=10
        )
        if answer.ok and answer.content:
            found.update(secrets_in(answer.json()))
        return Response(answer.content, answer.status_code, dict(answer.headers))

    httpserver.expect_request(ANY).respond_with_handler(relayed)
    return found


def test_no_minted_token_is_printed_or_written(
    run: Run, httpserver: HTTPServer, minted: set[str], tmp_path: Path
) -> None:
    """The most verbose run, with rows that fail on the very token: 0 hits in output, JUnit, JSON, logs and pacts."""
    pact = json.loads((ROOT / "pacts" / "outdial-genesys-cloud-login.json").read_text())
    for interaction in pact["interactions"]:
        body = interaction["response"]["body"]["content"]
        if "access_token" in body:  # another type than the provider's, so the verifier compares and complains
            body["access_token"] = 5
    path = tmp_path / "login.json"
    path.write_text(json.dumps(pact))
    environment = {"RUST_LOG": "trace", "LOG_LEVEL": "trace", "PATH": "/usr/bin:/bin", "PACT_DO_NOT_TRACK": "true"}
    ended = run(
        *("verify", "-vv", path, f"--junitxml={tmp_path}/junit.xml", f"--json={tmp_path}/results.json"),
        *("--provider-url", httpserver.url_for("/genesys-cloud-login")),
        *("--state-url", httpserver.url_for("/provider-states")),
        env=environment,
    )
    assert ended.returncode == 1, ended.stdout[-2000:]
    assert "access_token: not as expected" in ended.stdout
    files = [path for folder in (tmp_path, ROOT / "pacts") for path in folder.rglob("*") if path.is_file()]
    texts = [ended.stdout, ended.stderr, *(path.read_text(encoding="utf-8") for path in files)]
    assert len(minted) > 50
    assert not [secret for secret in minted if any(secret in text for text in texts)]
