"""Serves an application over HTTP with uvicorn, on loopback unless told otherwise."""

import asyncio
import re
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from errno import EADDRINUSE
from time import monotonic
from types import FrameType
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from outdial.provider.browsers import allowed, preflight
from outdial.provider.exchange import Answer, Call

LARGEST_BODY = 1 << 20
ASK_AGAIN_SECONDS = 0.05
DECISION_HEADER = "X-Outdial-Decision"
CLOSE = "outdial.close"
"""Key of a request's scope: the function that closes its connection without an answer."""
OFFER = re.compile(rb"\r\n(?:Upgrade|HTTP2-Settings):[^\r\n]*", re.I)
Answering = Callable[[Call], Answer]
Hearing = Callable[[Call, Answer], None]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class PortInUse(Exception):
    """The address cannot be listened on; the message says which, why and what to do."""

    exit_code: ClassVar = 2


class _Protocol(HttpToolsProtocol):
    """uvicorn's connection, which reads no offer to upgrade, and which an application may close without an answer."""

    def data_received(self, data: bytes) -> None:
        """Leave out an offer, as of Java's HttpClient: the parser would lose the body of its request."""
        head, end, rest = data.partition(b"\r\n\r\n")
        if b" HTTP/1." in head.partition(b"\r\n")[0]:
            data = OFFER.sub(b"", head) + end + rest
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self.scope["extensions"] = {CLOSE: {"close": self.transport.abort}}
        super().on_headers_complete()


def asgi(answering: Answering, *hearing: Hearing) -> Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]:
    """Return the ASGI form of anything that answers calls; each of `hearing` is told every call and its answer.

    An answer takes microseconds, so none is worth a thread.
    """

    async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        call = _call(scope, body)
        answer = preflight(call, _answer(answering, call))
        if answer.wait:
            waited = await _waited(answering, call, answer, receive)
            if waited is None:
                return
            answer = waited
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.drop:
            scope["extensions"][CLOSE]["close"]()
            await asyncio.sleep(0.01)  # until the server knows that the connection is gone
            return
        shown = dict(answer.headers)
        if answer.correlation_id:
            shown[DECISION_HEADER] = answer.correlation_id
        shown |= allowed(call, shown)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in shown.items()]
        if answer.status != 204:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        for each in hearing:
            each(call, answer)

    return application


async def _waited(answering: Answering, call: Call, answer: Answer, receive: Receive) -> Answer | None:
    """The answer that no longer waits, or the one when its time is up; None when the client went away before.

    A client that has gone is not answered: what would be taken for it (an event) stays for the next one.
    """
    gone = asyncio.ensure_future(receive())
    until = monotonic() + answer.wait
    try:
        while answer.wait and (left := until - monotonic()) > 0:
            await asyncio.wait({gone}, timeout=min(left, ASK_AGAIN_SECONDS))
            if gone.done():
                return None
            answer = _answer(answering, call)
    finally:
        gone.cancel()
    return answer


def _answer(answering: Answering, call: Call) -> Answer:
    """Return the answer to a call; HEAD is answered as GET, and its body is not sent."""
    headers = call.headers
    if len(call.body) > LARGEST_BODY:
        return _refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return _refused(415, "a body is sent without a content coding here", {"Accept-Encoding": "identity"})
    if "upgrade" in headers and "upgrade" in headers.get("connection", "").lower():
        problem = "this server speaks HTTP/1.1 only: make your client offer no upgrade, such as to h2c"
        return _refused(400, problem, {"Connection": "close"})
    return answering(replace(call, method="GET") if call.method == "HEAD" else call)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that accepts connections from now on; port 0 takes a free one. Raises `PortInUse`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and an answer in two parts takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        busy = "stop what uses it, or choose another with --port (0 takes a free one)"
        fix = busy if error.errno == EADDRINUSE else "expected an address of this machine in --host, such as 127.0.0.1"
        raise PortInUse(f"cannot listen on {host}:{port}: {error.strerror}; {fix}") from None
    return listener


def serve(served: Mapping[socket.socket, Answering], announce: Callable[[], None], *hearing: Hearing) -> None:
    """Serve what answers at each listener until SIGTERM or SIGINT; `announce` is called when all is ready."""
    applications = {listener.getsockname()[1]: asgi(answering, *hearing) for listener, answering in served.items()}

    async def by_port(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        await applications[scope["server"][1]](scope, receive, send)

    config = uvicorn.Config(
        by_port if len(applications) > 1 else next(iter(applications.values())),
        http=_Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        proxy_headers=False,  # nothing here asks who is behind a proxy; looking takes a fiftieth of the time
        server_header=False,
        timeout_graceful_shutdown=2,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends its requests, then hands the signal on to these
        signal.signal(number, stop)
    announce()
    try:
        uvicorn.Server(config).run(sockets=list(served))
    finally:
        print("stopped", file=sys.stderr)


async def _body(receive: Receive) -> bytes | None:
    """Read the body; keep no more parts once it is too large. Return None when the client went away."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if size <= LARGEST_BODY:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


def _call(scope: Mapping[str, Any], body: bytes) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(scope["method"], scope["path"], headers, body, query_string=scope["query_string"].decode("latin-1"))


def _refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of the server's own: no edition says what to answer here."""
    return Answer(status, {"Content-Type": "text/plain", **(headers or {})}, message.encode())
