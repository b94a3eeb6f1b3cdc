"""A server on loopback that keeps each request as it came, byte for byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Keeps what came, one text of bytes for each connection."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.port: int = server.getsockname()[1]
        self.came: list[bytes] = []

    def serve(self) -> None:
        """Answers until the socket is closed."""
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.came.append(_whole(connection))
                connection.sendall(ANSWER)


def _whole(connection: socket.socket) -> bytes:
    came = b""
    while b"\r\n\r\n" not in came and (more := connection.recv(65536)):
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server)
        thread = Thread(target=listener.serve, daemon=True)
        thread.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
