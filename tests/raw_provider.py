"""A provider that sends whatever bytes a test says, and whose states answer as told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

Sending = Callable[[str, bytes], bytes]
"""The whole of an answer by the path and body of a request; empty bytes close the connection."""
VALUES = b'{"accessToken": "t", "conversationId": "c", "agentId": "a"}'
"""What a state returns unless a test says otherwise."""


def http(body: bytes | str, status: str = "200 OK", media_type: str = "application/json", length: int = 0) -> bytes:
    """An answer over HTTP; with `length`, one that promises so many bytes."""
    content = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: {media_type}\r\n"
    return f"{head}Content-Length: {length or len(content)}\r\n\r\n".encode() + content


@contextmanager
def sending(answer: Sending) -> Iterator[str]:
    """The URL of a provider that sends these answers and closes the connection after each."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().decode().split(" ")[1]
            length = 0
            while (line := self.rfile.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.wfile.write(answer(path, self.rfile.read(length)))

    class Server(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A client that goes away is no error of a test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
