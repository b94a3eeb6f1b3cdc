"""Serves an application over HTTP with uvicorn, on loopback unless told otherwise."""

import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import FrameType
from typing import Any, ClassVar

import uvicorn

from provider_stub.exchange import Answer, Call

LARGEST_BODY = 1 << 20
Answering = Callable[[Call], Answer]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class PortInUse(Exception):
    """The address cannot be listened on; the message says which, why and what to do."""

    exit_code: ClassVar = 2


class Disconnected(Exception):
    """The client went away before its request was whole."""


def asgi(answering: Answering) -> Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]:
    """The ASGI form of anything that answers calls. An answer takes microseconds, so none is worth a thread."""

    async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
        except Disconnected:
            return
        answer = _too_large() if body is None else answering(_call(scope, body))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return application


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections from now on; port 0 takes a free one. Raises `PortInUse`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and an answer in two parts takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        reason = f"cannot listen on {host}:{port}: {error.strerror}"
        raise PortInUse(f"{reason}; stop what uses it, or choose another with --port (0 takes a free one)") from None
    return listener


def serve(answering: Answering, host: str, port: int, announce: Callable[[str, int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the address, where connections are accepted from then on.

    Port 0 takes a free one. Raises `PortInUse`.
    """
    listener = listen(host, port)
    config = uvicorn.Config(
        asgi(answering),
        http="httptools",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends its requests, then hands the signal on to these
        signal.signal(number, stop)
    gc.freeze()  # the policies stay for good: no need to look through them at every collection
    announce(host, listener.getsockname()[1])
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        print("stopped", file=sys.stderr)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than any request needs."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size <= LARGEST_BODY:
            parts.append(part)
    return b"".join(parts) if size <= LARGEST_BODY else None


def _call(scope: Mapping[str, Any], body: bytes) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(scope["method"], scope["path"], headers, body)


def _too_large() -> Answer:
    return Answer(413, {"Content-Type": "text/plain"}, f"the body is larger than {LARGEST_BODY} bytes".encode())
