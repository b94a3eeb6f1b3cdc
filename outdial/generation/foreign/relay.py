"""Stands between a client and Pact's mock server, and tells each request at once: the mock server does not count."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

import httptools

HOST = "127.0.0.1"
CHUNK = 65536


class Relay:
    """Passes bytes on as they are, from a free port of its own to that of the mock server.

    `tell` is called with each request's method and path when its headers are here; all but the first are not passed on.
    """

    def __init__(self, port: int, tell: Callable[[str], None]) -> None:
        self._target = port
        self._tell = tell
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self.requests = 0

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._connected, HOST, 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.url = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.wait(left)

    def counts(self, request: str) -> bool:
        """Tell a request; whether it is the first."""
        self.requests += 1
        self._tell(request)
        return self.requests == 1

    async def _connected(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection(HOST, self._target)
        except OSError:
            to_client.close()
            return
        back = asyncio.create_task(_pass_on(server, to_client))
        try:
            await _pass_on(client, to_server, _Requests(self))
            await back
        except (ConnectionError, httptools.HttpParserError, _Again, asyncio.CancelledError):
            back.cancel()  # nobody awaits this task: what ends it ends here
        finally:
            to_server.close()
            to_client.close()


class _Again(Exception):
    """Another request than the first."""


class _Requests:
    """Finds the requests in what one connection sends."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._path = b""
        self._parser = httptools.HttpRequestParser(self)
        self._upgraded = False
        self._again = False

    def feed(self, data: bytes) -> None:
        if not self._upgraded:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade:  # offered with the request that was told already
                self._upgraded = True
        if self._again:
            raise _Again

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_headers_complete(self) -> None:
        self._again |= not self._relay.counts(f"{self._parser.get_method().decode()} {self._path.decode()}")
        self._path = b""


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: _Requests | None = None) -> None:
    while data := await source.read(CHUNK):
        if seen:
            seen.feed(data)
        target.write(data)
        await target.drain()
    with suppress(OSError):
        target.write_eof()
