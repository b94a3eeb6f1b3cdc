"""The double on a loopback port, with a log of what it was asked and faults that can be switched on."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.broker.double import routes
from tests.broker.double.answer import Answer, Broker
from tests.broker.double.holdings import Holdings, Json


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong at requests whose `METHOD path` starts with `at`.

    With `status` the broker is never reached; without, it has done what was asked and its answer is spoilt.
    `skip` requests pass first, then `times` are spoilt, or all.
    """

    at: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    truncated: bool = False
    reset: bool = False
    skip: int = 0
    times: int | None = None

    def strikes(self, what: str) -> bool:
        if not what.startswith(self.at):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            if self.times == 0:
                return False
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    authorization: str | None
    body: Json | None


@dataclass(slots=True)
class BrokerDouble:
    url: str
    held: Holdings
    seen: list[Seen] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    accepts: str | None = None
    """The only Authorization value it lets in; None lets everyone in."""
    at_request: Callable[[], None] = lambda: None
    """Called while a client waits for its answer."""

    def paths(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.seen]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        """Clients that break off are what faults are about: nothing to report."""


@contextmanager
def broker_double() -> Iterator[BrokerDouble]:
    """Serve an empty broker on a free loopback port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    double = BrokerDouble(url, Holdings())
    server.double = double  # type: ignore[attr-defined]
    server.lock = threading.Lock()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def do_PUT(self) -> None:
        self.respond()

    def respond(self) -> None:
        double: BrokerDouble = self.server.double
        length = int(self.headers.get("content-length", 0))
        raw = self.rfile.read(length)
        body = json.loads(raw) if raw else None
        with self.server.lock:
            double.at_request()
            authorization = self.headers.get("authorization")
            path = urlsplit(self.path).path
            double.seen.append(Seen(self.command, path, authorization, body))
            fault = next((each for each in double.faults if each.strikes(f"{self.command} {path}")), None)
            if double.accepts is not None and authorization != double.accepts:
                self.send(401, {"content-type": "application/json"}, b'{"error": "Unauthorized"}')
                return
            if fault is None or fault.status is None:
                answer = routes.answer(Broker(double.url, double.held), self.command, self.path, body)
            else:
                answer = Answer(fault.status, {})
        if fault is None:
            self.send_answer(answer)
        else:
            self.spoil(answer, fault)

    def spoil(self, answer: Answer, fault: Fault) -> None:
        time.sleep(fault.delay)
        if fault.reset:
            # a linger of zero seconds makes close() send RST, which is what a killed proxy looks like
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault.status is not None:
            self.send(fault.status, fault.headers, fault.body)
        else:
            self.send_answer(answer, truncated=fault.truncated)

    def send_answer(self, answer: Answer, truncated: bool = False) -> None:
        content = json.dumps(answer.body).encode()
        self.send(answer.status, answer.headers(), content, cut=len(content) // 2 if truncated else 0)

    def send(self, status: int, headers: dict[str, str], content: bytes, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])
        if cut:
            self.close_connection = True

    def log_message(self, *_words: object) -> None:
        """Stay silent: tests read `seen`."""
