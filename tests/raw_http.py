"""One request as bytes and the status of its answer, for what no HTTP client would send."""

import socket
from urllib.parse import urlsplit

CLOSED = 0
"""In place of a status: the connection was closed without an answer."""


def exchange(url: str, request: bytes, seconds: float, *, may_close: bool = False) -> int:
    """The final status of the answer, all of it read. Raises AssertionError when there is none within `seconds`."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=seconds) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before it was sent to the end; the answer tells
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            raise AssertionError(f"no answer within {seconds} s: {received[:200]!r}") from None
        except ConnectionResetError:
            pass
    while received.startswith(b"HTTP/1.1 100"):
        received = received.partition(b"\r\n\r\n")[2]
    if not received:
        assert may_close, "the connection was closed without an answer"
        return CLOSED
    assert received.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), f"not an HTTP answer: {received[:200]!r}"
    return int(received.split(b" ", 2)[1][:3])
