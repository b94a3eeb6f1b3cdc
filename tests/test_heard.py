"""What the stub tells of its answers is what a relay before it hears."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import Message
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

from outdial.pact_files import Interaction, read_interactions
from outdial.pact_files.cutting import pieces
from outdial.provider import Answer, Call
from outdial.verification.heard import Heard, Hearing, key
from outdial.verification.relay import MOST_BYTES, RecordingRelay, ask
from outdial.verification.result import CaseResult
from outdial.verification.stub_process import RunningStub
from outdial.verification.target import Target
from outdial.verification.verifier import Piece, verify_piece
from tests.conftest import ROOT
from tests.raw_provider import http, sending


def told(result: CaseResult) -> CaseResult:
    """All but the time."""
    return replace(result, seconds=0.0)


def both(piece: tuple[Interaction, ...], stub: RunningStub, folder: Path) -> tuple[Piece, Piece]:
    """What comes of a piece without a relay, and with one."""
    return verify_piece(piece, stub.target, folder), verify_piece(piece, replace(stub.target, heard=None), folder)


def test_the_stub_tells_what_a_relay_hears(stub: RunningStub, tmp_path: Path) -> None:
    """Of rows that hold and of rows that do not: status, code, message, and what is wrong."""
    for name in ("outdial-genesys-cloud.json", "outdial-nice-cxone.json"):
        content = json.loads((ROOT / "pacts" / name).read_text())
        for each in content["interactions"][:8:2]:
            each["response"]["status"] = 418
        (tmp_path / name).write_text(json.dumps(content))
        piece = next(iter(pieces(read_interactions([tmp_path / name]))))
        by_stub, by_relay = both(piece, stub, tmp_path)
        assert [told(each) for each in by_stub.results] == [told(each) for each in by_relay.results]
        assert [each.passed for each in by_stub.results].count(False) >= 3
        assert all(each.got.status for each in by_stub.results)


def test_a_state_that_is_refused_is_told_alike(stub: RunningStub, tmp_path: Path) -> None:
    """A name that no state has, and a value that none returns: the row has not passed, and the state is named."""
    content = json.loads((ROOT / "pacts" / "outdial-genesys-cloud.json").read_text())
    content["interactions"] = content["interactions"][:3]
    unknown, lacking, _ = content["interactions"]
    unknown["providerStates"][0]["name"] = "an acces token"
    lacking["request"]["generators"] = {
        "header": {"Authorization": {"type": "ProviderState", "expression": "${nobody}"}}
    }
    (tmp_path / "pact.json").write_text(json.dumps(content))
    by_stub, by_relay = both(tuple(read_interactions([tmp_path / "pact.json"])), stub, tmp_path)
    assert [told(each) for each in by_stub.results] == [told(each) for each in by_relay.results]
    assert "an acces token" in by_stub.results[0].problems[0]
    assert by_stub.results[1].problems[0] == "no state returned nobody, which the request carries"
    assert by_stub.results[2].passed


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


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", "no complete answer within 0.4 s (--timeout)"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", "no complete answer within 0.4 s (--timeout)"),
    ],
)
def test_an_answer_that_drips_is_none(first: bytes, then: bytes, said: str) -> None:
    """However often a byte comes, all of them come in time or it is no answer."""
    with slowly(first, then) as url:
        started = time.monotonic()
        answer = ask("GET", url, "/", Message(), b"", 0.4)
    assert (answer.status, answer.absent, answer.got.message) == (None, True, said)
    assert time.monotonic() - started < 4


def test_a_provider_that_drips_is_named() -> None:
    """Twice in a row, and no further request is sent."""
    with slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x") as url:
        relay = RecordingRelay(base_url=url, seconds=0.2)
        for _ in range(2):
            relay.pass_on("GET", "/", Message(), b"")
    said = f"the provider {url} gives no answer, 2 times in a row: 200: no complete answer within 0.2 s (--timeout)"
    assert relay.broken == said


def test_an_answer_without_end_is_not_read_to_it() -> None:
    """A limit of its size, whatever its speed."""
    with slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100_000) as url:
        answer = ask("GET", url, "/", Message(), b"", 30)
    assert (answer.status, answer.got.message) == (None, f"an answer of more than {MOST_BYTES} bytes")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "cut off after 0 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, "not HTTP: HTTPException got more than 100"),
    ],
)
def test_what_is_no_http_is_told(sent: bytes, said: str) -> None:
    """And not raised, where it would be a request that nobody answered."""
    with sending(lambda *_: sent) as url:
        answer = ask("GET", url, "/", Message(), b"", 5)
    assert answer.status is None
    assert answer.got.message.startswith(said)


def test_a_relay_that_is_broken_asks_nobody() -> None:
    """No request after that which broke it, and no state for an interaction without one."""
    asked = []
    with sending(lambda path, _: asked.append(path) or http("{}")) as url:  # type: ignore[func-returns-value]
        relay = RecordingRelay(base_url=url, state_url=url)
        assert relay.change_state(Message(), b'{"action": "setup"}') == b"{}"
        assert asked == []
        assert relay.pass_on("GET", "/one", Message(), b"") is not None
        relay.broken = "at fault"
        assert relay.pass_on("GET", "/two", Message(), b"") is None
        assert relay.change_state(Message(), b'{"state": "a user"}') is None
    assert asked == ["/one"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error": ' + b"[" * 100_000])
def test_a_state_that_nests_without_end_returns_nothing(body: bytes) -> None:
    """Accepted or refused, it is told."""
    heard = Heard()
    heard.change({"state": "a user"}, 200, body)
    heard.change({"state": "a call"}, 400, body)
    assert heard.returned == {key("a user", {}): set()}
    assert heard.refused[key("a call", {})].startswith("state 'a call': 400 ")


def test_what_was_told_is_forgotten() -> None:
    """So that the stub of a long verification does not grow."""
    hearing = Hearing("/states")
    hearing.hear(Call("GET", "/x", {"outdial-piece": "1", "outdial-case": "7"}), Answer(204, {}, b""))
    hearing.hear(Call("GET", "/x", {}), Answer(204, {}, b""))
    first, second = (json.loads(hearing.answer(Call("GET", "/heard/1")).body)["said"] for _ in range(2))
    assert (list(first), second) == (["7"], {})


def test_a_stub_that_tells_nothing_is_no_green_run(stub: RunningStub, tmp_path: Path) -> None:
    """What it said is not known then, and no row has passed."""
    piece = next(iter(pieces(read_interactions([ROOT / "pacts" / "outdial-genesys-cloud.json"]), 2)))
    gone = verify_piece(piece, replace(stub.target, heard="http://127.0.0.1:9/heard/"), tmp_path)
    assert str(gone.broken).startswith(f"the provider {stub.url}/genesys-cloud gives no answer")
    assert not any(each.passed for each in gone.results)


def verified(folder: Path, url: str, **interaction: Any) -> CaseResult:
    """Return the result of one interaction of somebody else's pact against a provider without states."""
    one = {"description": "one", "request": {"method": "GET", "path": "/x"}, "response": {"status": 200}, **interaction}
    pact = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [one]}
    (folder / "pact.json").write_text(json.dumps(pact))
    target = Target(url, None, prefixed=False)
    return verify_piece(read_interactions([folder / "pact.json"]), target, folder, 5).results[0]


def test_an_expected_redirect_is_an_answer(tmp_path: Path) -> None:
    """Its Location is compared, and the verifier does not follow it."""
    sent = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    with sending(lambda *_: sent) as url:
        for location, passed in (("/there", True), ("/elsewhere", False)):
            response = {"status": 302, "headers": {"Location": location}}
            assert verified(tmp_path, url, response=response).passed is passed


@pytest.mark.parametrize("method", ["PURGE", "TRACE", "PROPFIND"])
def test_any_method_reaches_the_provider(tmp_path: Path, method: str) -> None:
    """The relay has no list of methods."""
    with sending(lambda *_: http("{}")) as url:
        assert verified(tmp_path, url, request={"method": method, "path": "/x"}).passed


def test_a_coded_answer_is_shown_in_plain(tmp_path: Path) -> None:
    """A message shows the text of a gzip body."""
    body = gzip.compress(b'{"code": "no.station", "message": "m"}')
    head = f"HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
    with sending(lambda *_: f"{head}\r\n\r\n".encode() + body) as url:
        assert str(verified(tmp_path, url).got) == "403 no.station: m"


def test_a_secret_of_a_state_is_masked_wherever_it_stands(tmp_path: Path) -> None:
    """A provider that repeats the token in a header or a text does not bring it into a message."""
    sent = b"HTTP/1.1 200 OK\r\nX-Echo: live-9f8e7d6c\r\nContent-Length: 13\r\n\r\nlive-9f8e7d6c"
    one = {
        "description": "one",
        "providerStates": [{"name": "a token"}],
        "request": {"method": "GET", "path": "/x"},
        "response": {"status": 403, "headers": {"X-Echo": "other"}, "body": "other"},
    }
    pact = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [one]}
    (tmp_path / "pact.json").write_text(json.dumps(pact))
    with sending(lambda path, _: http('{"accessToken": "live-9f8e7d6c"}') if path == "/states" else sent) as url:
        target = Target(url, f"{url}/states", prefixed=False)
        (result,) = verify_piece(read_interactions([tmp_path / "pact.json"]), target, tmp_path, 5).results
    assert result.problems
    assert "(secret)" in str(result)
    assert "live-9f8e7d6c" not in str(result)
