"""Serves an application over HTTP with waitress, on loopback unless told otherwise."""

import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import FrameType
from typing import Any

from waitress.server import create_server

from provider_stub.exchange import Answer, Call

LARGEST_BODY = 1 << 20
Answering = Callable[[Call], Answer]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class PortInUse(Exception):
    """The address cannot be listened on; the message says which, why and what to do."""


def wsgi(answering: Answering) -> Callable[[Mapping[str, Any], StartResponse], Iterable[bytes]]:
    """The WSGI form of anything that answers calls."""

    def application(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = answering(_call(environ))
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {_reason(answer.status)}", headers)
        return [answer.body]

    return application


def serve(answering: Answering, host: str, port: int, announce: Callable[[str, int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the address once requests are answered.

    Port 0 takes a free one. Raises `PortInUse`.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = f"cannot listen on {host}:{port}: {error.strerror}"
        raise PortInUse(f"{reason}; stop what uses it, or choose another with --port (0 takes a free one)") from None
    server = create_server(
        wsgi(answering),
        sockets=[listener],
        threads=8,
        max_request_body_size=LARGEST_BODY,
        ident="",
        backlog=256,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    # A warning for each request that waits a moment would fill the pipe of whoever started us and does not read.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    gc.freeze()  # the policies stay for good: no need to look through them at every collection
    announce(host, listener.getsockname()[1])
    try:
        server.run()
    finally:
        server.close()
        print("stopped", file=sys.stderr)


def _call(environ: Mapping[str, Any]) -> Call:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    path = environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace")
    return Call(environ["REQUEST_METHOD"], path, headers, environ["wsgi.input"].read())


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
