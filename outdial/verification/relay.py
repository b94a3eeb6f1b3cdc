"""Stands between Pact's verifier and a provider and keeps what the provider said, which the verifier does not tell.

The verifier repeats the 5xx of a state URL for minutes and follows redirects: here a state that fails is refused at
once, and a redirect is an answer like any other.
"""

import json
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, Timer
from typing import Any
from urllib.parse import urlsplit

from outdial.verification.heard import CASE, PIECE, Heard, Said, error_in, short
from outdial.verification.result import Got, shown

STATES = "/outdial-provider-states"
ANSWER_SECONDS = 8
STATE_SECONDS = 5
MOST_BYTES = 10_000_000
"""Of an answer: an endless one is not waited for."""
UNANSWERED = 2
"""So many requests in a row without an answer, and no further one is sent."""
HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", CASE.lower(), PIECE.lower()}
"""Headers that are of one connection only."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What came back; `status` is None when it was no whole answer, `absent` when there was none at all."""

    status: int | None
    headers: Iterable[tuple[str, str]]
    body: bytes
    got: Got
    seconds: float
    absent: bool = False


@dataclass(slots=True)
class RecordingRelay(Heard):
    """Passes on, and keeps what was said."""

    base_url: str = ""
    state_url: str = ""
    _unanswered: int = 0

    def pass_on(self, method: str, path: str, headers: Message, body: bytes) -> RecordedAnswer | None:
        """The provider's answer to a request, kept under its case."""
        if self.broken:
            return None
        answer = ask(method, self.base_url, path, headers, body, ANSWER_SECONDS)
        self.said[headers.get(CASE, "")] = Said(answer.status, answer.got, answer.seconds)
        self._unanswered = self._unanswered + 1 if answer.absent else 0
        if self._unanswered == UNANSWERED:
            self.broken = f"the provider {self.base_url} gives no answer, {UNANSWERED} times in a row: {answer.got}"
        return answer

    def change_state(self, headers: Message, body: bytes) -> bytes | None:
        """What a state returned; None when it failed, and the reason is kept."""
        if self.broken:
            return None
        change = json.loads(body)
        name = change.get("state")
        if not name:  # an interaction without states, which the verifier asks for all the same
            return b"{}"
        answer = ask("POST", self.state_url, "", headers, body, STATE_SECONDS)
        if answer.status is None:
            self.broken = f"the state URL {self.state_url} does not answer to {name!r}: {answer.got}"
        elif answer.status >= 500:
            problem = f"answers {answer.status} to {name!r}: {error_in(answer.body) or answer.got.message}"
            self.broken = f"the state URL {self.state_url} {problem}; a state it does not know is a 4xx"
        else:
            self.change(change, answer.status, answer.body)
            return answer.body if answer.status < 300 else None
        return None


@contextmanager
def relaying(base_url: str, state_url: str) -> Iterator[tuple[RecordingRelay, str]]:
    """A relay to these addresses, and its own address, for as long as it is needed."""
    relay = RecordingRelay(base_url=base_url, state_url=state_url)

    class Handler(_Handler):
        to = relay

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield relay, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.socket.close()  # and not server_close, which would wait for requests that nobody answers


class _Handler(BaseHTTPRequestHandler):
    to: RecordingRelay
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
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

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815 - the server looks for these

    def _answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """A worker says nothing by itself."""


def ask(method: str, base_url: str, path: str, headers: Message, body: bytes, seconds: float) -> RecordedAnswer:
    """One request, sent once as it stands, and whatever comes back whole within so many seconds."""
    parts = urlsplit(base_url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=seconds)
    started = time.perf_counter()
    status, told, absent = None, "", False
    late = Event()
    sockets: list[socket.socket] = []
    limit = Timer(seconds, _hang_up, (sockets, late))  # the connection's own is for each byte
    limit.daemon = True
    try:
        connection.connect()
        sockets.append(connection.sock)  # which the connection forgets where an answer ends with it
        limit.start()
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
        content = response.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise _TooLong
        if response.length:
            raise IncompleteRead(content, response.length)
        if late.is_set():  # where no length is told, the end of what came looks like that of an answer
            raise TimeoutError
        location = response.headers.get("Location")
        said = short(status, response.headers.get("Content-Type", ""), content, location)
        dropped = HOP | ({"location"} if 300 <= status < 400 and location else set())
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in dropped]
        return RecordedAnswer(status, kept, content, said, time.perf_counter() - started)
    except _TooLong:
        told = f"an answer of more than {MOST_BYTES} bytes"
    except IncompleteRead as cut:
        of = f" of {len(cut.partial) + cut.expected}" if cut.expected else ""
        told = f"cut off after {len(cut.partial)}{of} bytes"  # and not what they say: a secret may be cut too
    except TimeoutError:
        late.set()
    except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        told, absent = "the connection was closed without an answer", status is None
    except OSError as error:
        told, absent = f"no answer: {error.strerror or error}", True
    except (HTTPException, ValueError) as error:
        told = f"what was sent is no HTTP: {type(error).__name__} {shown(str(error))}"
    finally:
        limit.cancel()
        connection.close()
    if late.is_set():
        told, absent = f"no {'whole ' if status else ''}answer within {seconds:g} s", True
    return RecordedAnswer(None, (), b"", Got(status, "", told), time.perf_counter() - started, absent)


class _TooLong(Exception):
    """An answer has more bytes than are read."""


def _hang_up(sockets: Iterable[socket.socket], late: Event) -> None:
    """End what still waits for bytes."""
    late.set()
    for each in sockets:
        with suppress(OSError):
            socket.socket.shutdown(each, socket.SHUT_RDWR)  # and not TLS's, which would wait as well
