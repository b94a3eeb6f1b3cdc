"""One request as bytes and the status of its answer, for what no HTTP client would send."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

CLOSED = 0
"""The status of a connection that was closed without an answer."""


def exchange(url: str, request: bytes, seconds: float, *, may_close: bool = False) -> int:
    """The final status of the answer, all of it read. Raises AssertionError when there is none within `seconds`."""
    parts, received = urlsplit(url), b""
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=seconds) as connection:
        with suppress(OSError):  # refused before it was sent to the end; the answer tells
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):  # TimeoutError: no answer
                received += part
    while received.startswith(b"HTTP/1.1 100"):
        received = received.partition(b"\r\n\r\n")[2]
    assert received or may_close, "the connection was closed without an answer"
    assert not received or received.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), f"not an HTTP answer: {received[:200]!r}"
    return int(received.split(b" ", 2)[1][:3]) if received else CLOSED
