"""A relay between Pact's verifier and a provider: sends each request once and records the answer.

The verifier repeats a 5xx of a state URL for minutes; the relay refuses such a state at once.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    RemoteDisconnected,
)
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from outdial.verification.heard import CASE, PIECE, Heard, Said, error_in, short
from outdial.verification.result import Got, shown

STATES = "/outdial-provider-states"
MOST_BYTES = 10_000_000
"""The largest answer that is read."""
UNANSWERED = 2
"""After so many requests in a row without an answer, no further one is sent."""
HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", CASE.lower(), PIECE.lower()}
"""Headers of one connection."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer; `status` is None when it was incomplete, `absent` when there was none."""

    status: int | None
    headers: Iterable[tuple[str, str]]
    body: bytes
    got: Got
    seconds: float
    absent: bool = False


@dataclass(slots=True)
class RecordingRelay(Heard):
    """Sends requests on and records the answers. `seconds` is the timeout of each."""

    base_url: str = ""
    state_url: str = ""
    seconds: float = 60.0
    _unanswered: int = 0

    def pass_on(self, method: str, path: str, headers: Message, body: bytes) -> RecordedAnswer | None:
        """Return the provider's answer, recorded under its case; None once the provider is broken."""
        if self.broken:
            return None
        answer = ask(method, self.base_url, path, headers, body, self.seconds)
        self.said[headers.get(CASE, "")] = Said(answer.status, answer.got, answer.seconds)
        self._unanswered = self._unanswered + 1 if answer.absent else 0
        if self._unanswered == UNANSWERED:
            self.broken = f"the provider {self.base_url} gives no answer, {UNANSWERED} times in a row: {answer.got}"
        return answer

    def change_state(self, headers: Message, body: bytes) -> bytes | None:
        """Return the values of a state; None when it failed, with the reason recorded."""
        if self.broken:
            return None
        change = json.loads(body)
        name = change.get("state")
        if not name:  # the verifier asks also for an interaction without states
            return b"{}"
        answer = ask("POST", self.state_url, "", headers, body, self.seconds)
        if answer.status is None:
            self.broken = f"the state URL {self.state_url} does not answer to {name!r}: {answer.got}"
        elif answer.status >= 500:
            problem = f"answers {answer.status} to {name!r}: {error_in(answer.body) or answer.got.message}"
            self.broken = f"the state URL {self.state_url} {problem}; an unknown state is a 4xx"
        else:
            self.change(change, answer.status, answer.body)
            return answer.body if answer.status < 300 else None
        return None


@contextmanager
def relaying(base_url: str, state_url: str | None, seconds: float) -> Iterator[tuple[RecordingRelay, str]]:
    """Serve a relay to these addresses on loopback. Yields the relay and its URL."""
    relay = RecordingRelay(base_url=base_url, state_url=state_url or "", seconds=seconds)

    class Handler(_Handler):
        to = relay

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = False  # a request without an answer would be waited for
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield relay, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    to: RecordingRelay
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Handle every method: the server looks for `do_PURGE` and its like."""
        if name.startswith("do_"):
            return self._relay
        raise AttributeError(name)

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == STATES:
            values = self.to.change_state(self.headers, body)
            self._answer(424 if values is None else 200, [("Content-Type", "application/json")], values or b"{}")
            return
        answer = self.to.pass_on(self.command, self.path, self.headers, body)
        if answer is None or answer.status is None:
            self.close_connection = True
        else:
            self._answer(answer.status, answer.headers, answer.body)

    def _answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def ask(method: str, base_url: str, path: str, headers: Message, body: bytes, seconds: float) -> RecordedAnswer:
    """Send one request once and return the answer, or why there is no complete one within `seconds`."""
    parts = urlsplit(base_url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=seconds)
    started = time.perf_counter()
    status, told, absent = None, "", False
    try:
        query = f"?{parts.query}" if parts.query else ""
        connection.putrequest(method, (parts.path + path or "/") + query, skip_accept_encoding=True)
        for name, value in headers.items():
            if name.lower() not in HOP:
                connection.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        status = response.status
        content = _read(response, started + seconds)
        plain = _decoded(content, response.headers.get("Content-Encoding", ""))
        said = short(status, response.headers.get("Content-Type", ""), plain, response.headers.get("Location"))
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP]
        return RecordedAnswer(status, kept, content, said, time.perf_counter() - started)
    except _TooLong:
        told = f"an answer of more than {MOST_BYTES} bytes"
    except IncompleteRead as cut:
        of = f" of {len(cut.partial) + cut.expected}" if cut.expected else ""
        told = f"cut off after {len(cut.partial)}{of} bytes"  # not the bytes: half a secret is one
    except TimeoutError:
        told, absent = f"no {'complete ' if status else ''}answer within {seconds:g} s (--timeout)", True
    except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        told, absent = "the connection was closed without an answer", status is None
    except OSError as error:
        told, absent = f"no answer: {error.strerror or error}", True
    except (HTTPException, ValueError) as error:
        told = f"not HTTP: {type(error).__name__} {shown(str(error))}"
    finally:
        connection.close()
    return RecordedAnswer(None, (), b"", Got(status, "", told), time.perf_counter() - started, absent)


class _TooLong(Exception):
    """Raised for an answer beyond `MOST_BYTES`."""


def _read(response: HTTPResponse, until: float) -> bytes:
    """Return the whole body. Raises TimeoutError also where bytes keep coming."""
    content = b""
    while part := response.read1(65536):
        content += part
        if len(content) > MOST_BYTES:
            raise _TooLong
        if time.perf_counter() > until:
            raise TimeoutError
    if response.length:
        raise IncompleteRead(content, response.length)
    return content


def _decoded(content: bytes, coding: str) -> bytes:
    """Return a gzip or deflate body in plain, for messages."""
    if coding.lower() not in ("gzip", "deflate"):
        return content
    try:
        return zlib.decompress(content, zlib.MAX_WBITS | 32)
    except zlib.error:
        return content
