"""The relay between a verifier and a provider: one request, one answer, or one sentence why there is none."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from outdial.relay import MOST_BYTES, Request, relaying, send
from outdial.verification.verifier import STATES, Recorder
from tests.raw_provider import http, sending

GET = Request("GET", "/", Message(), b"")
HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def slowly(first: bytes, then: bytes) -> Iterator[str]:
    """The URL of a provider that sends something, and then something else again and again."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.wfile.write(first)
                while True:
                    self.wfile.write(then)
                    time.sleep(0.05 if len(then) < 9 else 0)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("first", [HEAD + b"Content-Length: 9999\r\n\r\n", HEAD + b"\r\n"])
def test_an_answer_that_drips_is_none(first: bytes) -> None:
    """All bytes come in time, or the answer counts as absent; twice in a row, and no further request is sent."""
    with slowly(first, b"x") as url:
        answer = send(GET, url, 0.3)
        recorder = Recorder(url, None, 0.2)
        for _ in range(2):
            recorder.handle(GET)
    assert (answer.status, answer.absent) == (None, True)
    assert answer.problem == "no complete answer within 0.3 s (--timeout)"
    said = f"the provider {url} gives no answer, 2 times in a row: no complete answer within 0.2 s (--timeout)"
    assert recorder.broken == said


def test_an_answer_without_end_is_not_read_to_it() -> None:
    """A limit of its size, whatever its speed."""
    with slowly(HEAD + b"\r\n", b"x" * 100_000) as url:
        assert send(GET, url, 30).problem == f"an answer of more than {MOST_BYTES} bytes"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP: BadStatusLine"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "cut off after 0 bytes"),
        (HEAD + b"X: y\r\n" * 500, "not HTTP: HTTPException got more than 100"),
    ],
)
def test_what_is_not_http_is_told(sent: bytes, said: str) -> None:
    """And not raised, where it would be a request that nobody answered."""
    with sending(lambda *_: sent) as url:
        answer = send(GET, url, 5)
    assert answer.status is None
    assert answer.problem.startswith(said)


def test_a_recorder_that_is_broken_asks_nobody() -> None:
    """No request after the one that broke it, and no state for an interaction without one."""
    asked: list[str] = []
    state = Request("POST", STATES, Message(), b'{"action": "setup"}')
    with sending(lambda path, _: asked.append(path) or http("{}")) as url:  # type: ignore[func-returns-value]
        recorder = Recorder(url, f"{url}/states", 5)
        assert recorder.handle(state).body == b"{}"
        assert asked == []
        assert recorder.handle(replace(GET, path="/one")).status == 200
        recorder.broken = "at fault"
        assert recorder.handle(replace(GET, path="/two")).status is None
        assert recorder.handle(replace(state, body=b'{"state": "a user"}')).status is None
    assert asked == ["/one"]


@pytest.mark.parametrize(("status", "told"), [("200 OK", 200), ("400 No", 424)])
def test_a_state_that_nests_without_end_returns_nothing(status: str, told: int) -> None:
    """Accepted or refused, it is told."""
    change = json.dumps({"state": "a user", "params": {}}).encode()
    with sending(lambda *_: http("[" * 100_000, status)) as url:
        recorder = Recorder(url, url, 5)
        assert recorder.handle(Request("POST", STATES, Message(), change)).status == told
    assert list(recorder.values.values()) == ([{}] if told == 200 else [])
    assert [each[:19] for each in recorder.refused.values()] == ([] if told == 200 else ["state 'a user': 400"])


def test_a_body_in_chunks_is_passed_on_whole() -> None:
    """As clients send it that do not know its length."""
    seen: list[Request] = []

    def handle(request: Request) -> object:
        seen.append(request)
        return send(request, url, 5)

    with sending(lambda _, body: http(body)) as url, relaying(handle) as relay:  # type: ignore[arg-type]
        connection = HTTPConnection(relay.removeprefix("http://"), timeout=5)
        connection.request("POST", "/x", iter([b"one", b"two"]), {"Content-Type": "text/plain"}, encode_chunked=True)
        answer = connection.getresponse().read()
        connection.close()
    assert (seen[0].body, answer) == (b"onetwo", b"onetwo")
    assert Path("/x") == Path(seen[0].path)
