"""What is on the wire between a client and the stub: framing, codings, offers to upgrade, browsers, many at once."""

import gzip
import selectors
import socket
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as some

from outdial.provider.coding import BrokenCoding, decoded
from outdial.verification.stub_process import RunningStub
from provider_states import load_policies

SECONDS = 10
PATH = "/genesys-cloud-login/oauth/token"
BODY = b"grant_type=of+nobody"
SAID = b"unsupported_grant_type"
"""What the body is answered, and no body at all is not: it has arrived."""
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
Answer = tuple[int, Message, bytes]


def connected(stub: RunningStub) -> socket.socket:
    """A connection of one's own."""
    parts = urlsplit(stub.url)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=SECONDS)


def answers(connection: socket.socket, count: int) -> list[Answer]:
    """The next answers on a connection, each with a Content-Length; interim ones are left out."""
    found: list[Answer] = []
    with connection.makefile("rb") as stream:
        while len(found) < count:
            status = int(stream.readline().split()[1])
            lines = [*iter(stream.readline, b"\r\n")]
            headers = BytesParser().parsebytes(b"".join(lines))
            if status != 100:
                found.append((status, headers, stream.read(int(headers.get("Content-Length", "0")))))
    return found


def post(fields: bytes = b"", body: bytes = BODY, version: bytes = b"1.1") -> bytes:
    """A request for a token, framed by its length unless the fields say otherwise."""
    length = b"" if b"chunked" in fields else b"Content-Length: %d\r\n" % len(body)
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return b"POST %s HTTP/%s\r\nHost: x\r\n%s%s%s\r\n%s" % (PATH.encode(), version, form, length, fields, body)


def chunked(body: bytes) -> bytes:
    """A body in chunks of three bytes."""
    parts = [body[at : at + 3] for at in range(0, len(body), 3)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


FRAMINGS = {
    "length": post(),
    "chunks": post(b"Transfer-Encoding: chunked\r\n", chunked(BODY)),
    "offer of h2c": post(OFFER),
    "offer of h2c, in chunks": post(OFFER + b"Transfer-Encoding: chunked\r\n", chunked(BODY)),
    "offer of a websocket": post(b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"),
    "expecting to be asked for the body": post(b"Expect: 100-continue\r\n"),
    "offer of h2c, expecting to be asked": post(OFFER + b"Expect: 100-continue\r\n"),
    "gzip": post(b"Content-Encoding: gzip\r\n", gzip.compress(BODY)),
    "gzip of what begins with a line break": post(b"Content-Encoding: gzip\r\n", gzip.compress(b"\n&" + BODY)),
    "gzip in two members": post(b"Content-Encoding: GZIP\r\n", gzip.compress(BODY[:5]) + gzip.compress(BODY[5:])),
    "identity": post(b"Content-Encoding: identity\r\n"),
    "HTTP/1.0": post(version=b"1.0"),
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_body_arrives_however_it_is_framed(stub: RunningStub, framing: str) -> None:
    """By length or in chunks, coded, with an offer to upgrade before it: the answer is to the body."""
    with connected(stub) as connection:
        connection.sendall(FRAMINGS[framing])
        [(status, _, body)] = answers(connection, 1)
    assert (status, SAID in body) == (400, True), body


@settings(max_examples=60)
@given(
    sent=some.lists(some.sampled_from([each for each in FRAMINGS if each != "HTTP/1.0"]), min_size=1, max_size=5),
    cuts=some.lists(some.integers(0, 2000), max_size=6),
)
def test_pipelined_requests_are_answered_in_order_wherever_they_are_cut(
    stub: RunningStub, sent: list[str], cuts: list[int]
) -> None:
    """Requests of every framing behind one another on one connection, in packets of any size."""
    whole = b"".join(FRAMINGS[each] for each in sent)
    ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
    with connected(stub) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in zip([0, *ends], ends, strict=False):
            connection.sendall(whole[start:end])
        assert all(status == 400 and SAID in body for status, _, body in answers(connection, len(sent)))


def test_five_hundred_connections_are_served_at_once(stub: RunningStub) -> None:
    """All are open before the first is answered, and each gets its answer."""
    with selectors.DefaultSelector() as waiting:
        for _ in range(500):
            waiting.register(connected(stub), selectors.EVENT_READ)
        connections = [key.fileobj for key in waiting.get_map().values() if isinstance(key.fileobj, socket.socket)]
        for connection in connections:
            connection.sendall(FRAMINGS["length"])
        statuses = [answers(connection, 1)[0][0] for connection in connections]
        for connection in connections:
            connection.close()
    assert statuses == [400] * 500


def test_http_1_0_ends_with_the_answer_and_http_1_1_keeps_the_connection(stub: RunningStub) -> None:
    """An old client reads to the end; a new one asks again."""
    with connected(stub) as old:
        old.sendall(FRAMINGS["HTTP/1.0"])
        answers(old, 1)
        assert old.recv(1) == b""
    with connected(stub) as new:
        for _ in range(2):
            new.sendall(FRAMINGS["length"])
            answers(new, 1)


@pytest.mark.parametrize(
    ("coding", "body", "status", "said"),
    [
        ("br", b"x", 415, "known: gzip, identity"),
        ("gzip, gzip", b"x", 415, "'gzip, gzip' is not known here"),
        ("gzip", b"no gzip", 400, "the body is not gzip"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-4], 400, "ended before"),
        pytest.param("gzip", gzip.compress(BODY, mtime=0)[:10] + b"\xff" * 20, 400, "the body is not gzip", id="noise"),
        pytest.param(
            "gzip",
            gzip.compress(bytes(50_000_000), mtime=0),
            413,
            "larger than 1048576 bytes when it is decoded",
            id="swelling",
        ),
    ],
)
def test_a_coding_that_cannot_be_undone_is_the_clients_fault(
    stub: RunningStub, coding: str, body: bytes, status: int, said: str
) -> None:
    """An unknown coding is told which are known; a broken body and one that swells are refused unread."""
    answer = requests.post(stub.url + PATH, data=body, headers={"Content-Encoding": coding}, timeout=SECONDS)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert ("Accept-Encoding" in answer.headers) == (status == 415)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_body_that_is_too_large_is_not_kept(stub: RunningStub) -> None:
    """However small its first chunk is: 64 MB come, and the stub does not grow by a fourth of them."""

    def peak() -> int:
        status = Path(f"/proc/{stub.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    before = peak()
    with connected(stub) as connection:
        connection.sendall(post(b"Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n"))
        for _ in range(64):
            connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        [(status, _, _)] = answers(connection, 1)
    assert status == 413
    assert peak() - before < 16


@given(body=some.binary(max_size=3000), cut=some.integers(1, 10), limit=some.integers(0, 2000))
def test_what_was_coded_is_decoded_up_to_a_limit(body: bytes, cut: int, limit: int) -> None:
    """Whole when it fits, more than the limit when it does not, never more than a byte past it."""
    plain = decoded(gzip.compress(body), "gzip", limit)
    assert plain == body[: limit + 1]
    if len(body) <= limit:
        with pytest.raises(BrokenCoding):
            decoded(gzip.compress(body)[:-cut], "gzip", limit)


def test_head_is_get_without_the_body(stub: RunningStub) -> None:
    """The same status and headers, for a monitor that only looks whether something is there."""
    url = f"{stub.url}/genesys-cloud/openapi.json"
    got, headed = requests.get(url, timeout=SECONDS), requests.head(url, timeout=SECONDS)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize("provider", sorted(load_policies()))
def test_a_page_of_any_origin_may_call_every_edition(stub: RunningStub, provider: str) -> None:
    """A browser asks first, then sends, then lets its page read the refusal with all its headers."""
    for operation in load_policies()[provider].operations.values():
        url, origin = f"{stub.url}/{provider}{operation.path}", {"Origin": "http://app.example"}
        asked = {"Access-Control-Request-Method": operation.method, "Access-Control-Request-Headers": "authorization"}
        may = requests.options(url, headers={**origin, **asked}, timeout=SECONDS)
        assert may.status_code == 204
        assert "Content-Length" not in may.headers, "what has no body has no length"
        assert may.headers["Access-Control-Allow-Methods"] == operation.method
        assert may.headers["Access-Control-Allow-Headers"] == "authorization"
        refused = requests.request(operation.method, url, headers=origin, timeout=SECONDS)
        assert 400 <= refused.status_code <= 499
        for answer in (may, refused):
            assert answer.headers["Access-Control-Allow-Origin"] == "http://app.example"
        assert "X-Outdial-Decision" in refused.headers["Access-Control-Expose-Headers"]


def test_who_is_no_browser_sees_nothing_of_cors(stub: RunningStub) -> None:
    """Without an Origin the answers are as the contract has them, and OPTIONS is no operation."""
    refused = requests.post(stub.url + PATH, timeout=SECONDS)
    options = requests.options(stub.url + PATH, timeout=SECONDS)
    assert not [name for answer in (refused, options) for name in answer.headers if name.startswith("Access-Control")]
    assert options.status_code == 501
    half = (
        {"Access-Control-Request-Method": "POST"},
        {"Origin": "http://app.example"},
    )  # neither is a browser's question
    assert [requests.options(stub.url + PATH, headers=each, timeout=SECONDS).status_code for each in half] == [501, 501]
    posted = requests.post(stub.url + PATH, headers=half[0] | half[1], timeout=SECONDS)
    assert posted.status_code == refused.status_code


def test_head_and_body_of_an_answer_leave_together(stub: RunningStub) -> None:
    """Sent one by one they take a client two reads, and the stub a tenth of the time of a request."""
    with connected(stub) as connection:
        for _ in range(100):
            connection.sendall(post())
            received = connection.recv(65536)
            assert SAID in received, "the head alone"


def test_who_waits_to_be_asked_for_the_body_is_asked(stub: RunningStub) -> None:
    """An interim answer is not held until there is another."""
    head, _, body = post(b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with connected(stub) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        [(status, _, said)] = answers(connection, 1)
        assert (status, SAID in said) == (400, True)
