"""No token that is minted in a run appears in anything that the run prints or writes."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from outdial.verification.stub_process import RunningStub
from tests.conftest import ROOT, Run

SECRET_NAMES = ("token", "secret", "credentials", "code", "verifier", "assertion")


@contextmanager
def eavesdropping(stub: RunningStub) -> Iterator[tuple[str, set[str]]]:
    """The stub behind a relay that notes every secret in the answers of its states and of its login."""
    minted: set[str] = set()

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            answer = requests.request(self.command, stub.url + self.path, data=body, headers=headers, timeout=10)
            if answer.ok and answer.content:
                minted.update(
                    value
                    for name, value in answer.json().items()
                    if isinstance(value, str) and len(value) > 12 and any(word in name.lower() for word in SECRET_NAMES)
                )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)
            self.wfile.flush()

        do_GET = do_POST  # noqa: N815 - the server looks for this name

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", minted
    finally:
        server.shutdown()
        server.server_close()


def test_no_minted_token_is_printed_or_written(run: Run, stub: RunningStub, tmp_path: Path) -> None:
    """The most verbose run, with rows that fail on the very token: 0 hits in output, JUnit, JSON, logs and pacts."""
    login = Path(shutil.copy(ROOT / "pacts" / "outdial-genesys-cloud-login.json", tmp_path))
    pact = json.loads(login.read_text())
    for interaction in pact["interactions"]:
        body = interaction["response"]["body"]["content"]
        if "access_token" in body:  # another type than the provider's, so the verifier compares and complains
            body["access_token"] = 5
    login.write_text(json.dumps(pact))
    texts = []
    environment = {"RUST_LOG": "trace", "LOG_LEVEL": "trace", "PATH": "/usr/bin:/bin", "PACT_DO_NOT_TRACK": "true"}
    with eavesdropping(stub) as (url, minted):
        for path, provider in (
            (login, "genesys-cloud-login"),
            (ROOT / "pacts" / "outdial-genesys-cloud.json", "genesys-cloud"),
        ):
            out = tmp_path / provider
            ended = run(
                *("verify", "-vv", "--pacts", path),
                *(f"--junitxml={out}.xml", f"--json={out}.results.json"),
                *("--provider-url", f"{url}/{provider}", "--state-url", f"{url}/provider-states"),
                env=environment,
            )
            texts += [ended.stdout, ended.stderr]
        assert ended.returncode == 0, ended.stdout[-2000:]
    assert "access_token: not as expected" in texts[0]
    files = [path for folder in (tmp_path, ROOT / "pacts") for path in folder.rglob("*") if path.is_file()]
    texts += [path.read_text(encoding="utf-8") for path in files]
    assert len(minted) > 150
    assert not [secret for secret in minted if any(secret in text for text in texts)]
