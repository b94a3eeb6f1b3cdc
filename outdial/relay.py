"""A relay on loopback: hands each request to a function, which may send it on, once, and keep the answer."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 10_000_000
"""The largest answer that is read."""
HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "http2-settings", "expect"}
"""Headers of one connection, which are not passed on."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that reached the relay."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer. Without a whole one `status` is None and `problem` says why; `absent` if none began."""

    status: int | None
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    problem: str = ""
    absent: bool = False
    seconds: float = 0.0

    def header(self, name: str) -> str:
        """Return the first value of a header; empty without one."""
        return next((value for each, value in self.headers if each.lower() == name), "")


@contextmanager
def relaying(handle: Callable[[Request], Answer]) -> Iterator[str]:
    """Serve on a free port and yield the URL. An answer without a status closes the connection."""

    class Handler(_Handler):
        answer = staticmethod(handle)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = False  # a request without an answer would be waited for
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[Request], Answer]
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Handle every method: the server looks for `do_PURGE` and its like."""
        if name.startswith("do_"):
            return self._relay
        raise AttributeError(name)

    def _relay(self) -> None:
        answer = self.answer(Request(self.command, self.path, self.headers, self._body()))
        if answer.status is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else answer.body)
        self.wfile.flush()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def send(request: Request, base_url: str, seconds: float) -> Answer:
    """Send a request once and return the answer, or why none is complete within `seconds`."""
    parts = urlsplit(base_url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=seconds)
    started, status = time.perf_counter(), None
    try:
        query = f"?{parts.query}" if parts.query else ""
        connection.putrequest(request.method, (parts.path + request.path or "/") + query, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in HOP:
                connection.putheader(name, value)
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        status, content = response.status, b""
        while part := response.read1(65536):
            content += part
            if len(content) > MOST_BYTES:
                return Answer(None, problem=f"an answer of more than {MOST_BYTES} bytes")
            if time.perf_counter() > started + seconds:
                raise TimeoutError
        if response.length:
            raise IncompleteRead(content, response.length)
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP]
        return Answer(status, kept, content, seconds=time.perf_counter() - started)
    except IncompleteRead as cut:
        of = f" of {len(cut.partial) + cut.expected}" if cut.expected else ""
        return Answer(
            None, problem=f"cut off after {len(cut.partial)}{of} bytes"
        )  # not the bytes: they may be a secret
    except TimeoutError:
        problem = f"no {'complete ' if status else ''}answer within {seconds:g} s (--timeout)"
    except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        return Answer(None, problem="the connection was closed without an answer", absent=status is None)
    except OSError as error:
        problem = f"no answer: {error.strerror or error}"
    except (HTTPException, ValueError) as error:
        return Answer(None, problem=f"not HTTP: {type(error).__name__} {error}")
    finally:
        connection.close()
    return Answer(None, problem=problem, absent=True)
