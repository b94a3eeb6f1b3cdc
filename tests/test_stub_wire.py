"""What is on the wire between a client and the stub: framing, offers to upgrade, browsers, many at once."""

import socket
from email.message import Message
from email.parser import BytesParser
from urllib.parse import urlsplit

import pytest
import requests

from outdial.verification.stub_process import RunningStub
from tests.committed import policies
from tests.conftest import SECONDS

PATH = "/genesys-cloud-login/oauth/token"
BODY = b"grant_type=of+nobody"
SAID = b"unsupported_grant_type"
"""What the body is answered, and no body at all is not: it has arrived."""
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
EXPECTING = b"Expect: 100-continue\r\n"


def connected(stub: RunningStub) -> socket.socket:
    """A connection of one's own."""
    parts = urlsplit(stub.url)
    return socket.create_connection((str(parts.hostname), parts.port or 80), timeout=SECONDS)


def answers(connection: socket.socket, count: int) -> list[tuple[int, Message, bytes]]:
    """The next answers on a connection, each with a Content-Length; interim ones are left out."""
    found: list[tuple[int, Message, bytes]] = []
    with connection.makefile("rb") as stream:
        while len(found) < count:
            status = int(stream.readline().split()[1])
            headers = BytesParser().parsebytes(b"".join(iter(stream.readline, b"\r\n")))
            if status != 100:
                found.append((status, headers, stream.read(int(headers.get("Content-Length", "0")))))
    return found


def post(fields: bytes = b"", body: bytes = BODY, version: bytes = b"1.1") -> bytes:
    """A request for a token, framed by its length unless the fields say otherwise."""
    length = b"" if CHUNKED in fields else b"Content-Length: %d\r\n" % len(body)
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return b"POST %s HTTP/%s\r\nHost: x\r\n%s%s%s\r\n%s" % (PATH.encode(), version, form, length, fields, body)


CHUNKS = b"".join(b"3\r\n%s\r\n" % BODY[at : at + 3] for at in range(0, 18, 3)) + b"2\r\n%s\r\n0\r\n\r\n" % BODY[18:]
FRAMINGS = {
    "length": post(),
    "chunks": post(CHUNKED, CHUNKS),
    "expecting to be asked for the body": post(EXPECTING),
    "identity": post(b"Content-Encoding: identity\r\n"),
    "HTTP/1.0": post(version=b"1.0"),
}
OFFERS = {
    "offer of h2c": post(OFFER),
    "offer of h2c, in chunks": post(OFFER + CHUNKED, CHUNKS),
    "offer of a websocket": post(b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"),
}


@pytest.mark.parametrize("framing", [*FRAMINGS, *OFFERS])
def test_a_body_arrives_however_it_is_framed(stub: RunningStub, framing: str) -> None:
    """By length or in chunks, with an offer to upgrade before it: the answer is to the body."""
    with connected(stub) as connection:
        for _ in range(1 if framing == "HTTP/1.0" else 2):
            connection.sendall((FRAMINGS | OFFERS)[framing])
            [(status, _, body)] = answers(connection, 1)
            assert (status, SAID in body) == (400, True), body
        if framing == "HTTP/1.0":
            assert connection.recv(1) == b"", "an old client reads to the end"


def test_a_body_in_a_content_coding_is_refused(stub: RunningStub) -> None:
    """The fix is in the answer."""
    with connected(stub) as connection:
        connection.sendall(post(b"Content-Encoding: gzip\r\n"))
        [(status, _, body)] = answers(connection, 1)
    assert (status, b"without a content coding" in body) == (415, True)


def test_head_is_get_without_the_body(stub: RunningStub) -> None:
    """The same status and headers, for a monitor that only looks whether something is there."""
    url = f"{stub.url}/genesys-cloud/openapi.json"
    got, headed = requests.get(url, timeout=SECONDS), requests.head(url, timeout=SECONDS)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(got.content))
    assert "Server" not in got.headers, "the vendor's, and not ours to say"


@pytest.mark.parametrize("provider", sorted(policies()))
def test_a_page_of_any_origin_may_call_every_edition(stub: RunningStub, provider: str) -> None:
    """A browser asks first, then sends, then lets its page read the refusal with all its headers."""
    for operation in policies()[provider].operations.values():
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
    half: tuple[dict[str, str], ...] = ({}, {"Access-Control-Request-Method": "POST"}, {"Origin": "http://app.example"})
    options = [requests.options(stub.url + PATH, headers=each, timeout=SECONDS) for each in half]
    assert [each.status_code for each in options] == [501, 501, 501]
    seen = (*refused.headers, *options[0].headers)
    assert not [name for name in seen if name.lower().startswith("access-control")]
