"""A server on loopback that keeps each request, and answers by the stub or with one answer to everything."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from outdial.provider import Answer, Application, Call, World
from provider_states import ProviderStates
from tests.strength.editions import POLICIES


class Recording:
    """The stub in a world of its own, and the requests that came."""

    def __init__(self) -> None:
        self.world = World()
        self.states = ProviderStates(self.world)
        self.application = Application(POLICIES, self.world)
        self.calls: list[Call] = []
        self.always: Answer | None = None
        self.late = 0.0
        self.base = ""

    @property
    def url(self) -> str:
        """The edition's base URL."""
        return f"{self.base}/genesys-cloud"

    @property
    def asked(self) -> list[str]:
        """Method and path with query of each request."""
        return [f"{each.method} {each.path}{'?' * bool(each.query_string)}{each.query_string}" for each in self.calls]


@contextmanager
def serving(recording: Recording) -> Iterator[Recording]:
    """Serve on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            call = Call(self.command, path, headers, body, query_string=query)
            recording.calls.append(call)
            answer = recording.always or recording.application.answer(call)
            time.sleep(recording.late)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError):  # the reader may not wait
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recording.base = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield recording
    finally:
        server.shutdown()
