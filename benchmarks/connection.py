"""One keep-alive HTTP connection that costs as little as possible, so that a server's own speed shows."""

import socket
import time
from types import TracebackType
from typing import Self

SECONDS = 10


class Connection:
    """Sends one prepared request over and over. Every peer is measured with it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def status(self, request: bytes) -> int:
        """The status of the answer to one request, whose whole body has been read."""
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        if b"content-length" in fields:
            missing = int(fields[b"content-length"]) - len(body)
            while missing > 0:
                missing -= len(self._more())
        else:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
        return int(head.split(b" ", 2)[1])

    def rate(self, request: bytes, seconds: float) -> float:
        """Requests per second, one after the other."""
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            self.status(request)
            count += 1
        return count / (time.perf_counter() - started)

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received


def prepared(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as bytes."""
    fields = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def seconds_to_first_answer(port: int, request: bytes, started: float) -> float:
    """How long after `started` (a `perf_counter` value) a port first answers. Raises `TimeoutError` after a minute."""
    while time.perf_counter() - started < 60:
        try:
            with Connection(port) as connection:
                connection.status(request)
                return time.perf_counter() - started
        except OSError:
            time.sleep(0.002)
    raise TimeoutError(f"nothing answers on port {port}")
