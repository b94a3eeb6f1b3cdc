"""A line between client and stub that can be cut: while a poll is under way, or for good."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Line:
    """Passes each connection on; `cut_at` is part of the request that ends it once, `dead` ends every later one."""

    def __init__(self, url: str, cut_at: bytes, dead: bool) -> None:
        parts = urlsplit(url)
        self._target = (str(parts.hostname), parts.port or 80)
        self._cut_at, self._dead, self.cut = cut_at, dead, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """No connection from now on."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.cut.is_set() and self._dead:
                return
            with socket.create_connection(self._target) as target:
                back = threading.Thread(target=_copy, args=(target, client), daemon=True)
                back.start()
                while part := _received(client):
                    cut = self._cut_at in part and not self.cut.is_set()
                    if cut:  # before the request is passed on, or a quick answer to it might come through
                        self.cut.set()
                        client.shutdown(socket.SHUT_RDWR)
                    target.sendall(part)
                    if cut:
                        target.shutdown(socket.SHUT_RDWR)
                        return


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _copy(source: socket.socket, sink: socket.socket) -> None:
    while part := _received(source):
        try:
            sink.sendall(part)
        except OSError:
            return


@contextmanager
def line(url: str, cut_at: bytes, dead: bool = False) -> Iterator[Line]:
    """A line to a stub, cut at the first request that contains some bytes."""
    made = Line(url, cut_at, dead)
    try:
        yield made
    finally:
        made.close()
