"""HTTP/1.1 as uvicorn speaks it, with an offer to upgrade declined (RFC 9110, 7.8) instead of taken for an upgrade.

`curl --http2` and Java's HttpClient offer `h2c` with their first request. uvicorn's fast parser stops behind the
head of such a request and its body is lost. Here the head is read again without the offer, then what followed it.

Head and body of an answer leave together: uvicorn sends each by itself, which takes a tenth of a request's time.
"""

from asyncio import BaseTransport
from typing import Any

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONTINUE = b"HTTP/1.1 100 "
DROP = "outdial.drop"
"""Where a request's scope has a function that closes its connection without an answer."""
OFFER = frozenset({b"upgrade", b"http2-settings"})


class DecliningProtocol(HttpToolsProtocol):
    """One connection; what is inherited answers its requests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_on()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(_Joining(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_headers_complete(self) -> None:
        if not self._offered:
            self.scope["extensions"] = {DROP: {"close": self.transport.abort}}
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._offered:
            super().on_message_complete()

    @property
    def _offered(self) -> bool:
        return self.parser.should_upgrade() and any(name in OFFER for name, _ in self.headers)

    def _read_on(self) -> None:
        self.parser = _Parser(self)
        # As uvicorn asks for: a request behind one that says `Connection: close` does not spoil its answer.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def without_offer(self, rest: bytes) -> bytes:
        """The bytes of the request that offered, as if it had not, and those after its head."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        fields = b"".join(name + b": " + value + b"\r\n" for name, value in self.headers if name not in OFFER)
        self._read_on()
        return method + b" " + self.url + b" HTTP/" + version + b"\r\n" + fields + b"\r\n" + rest


class _Joining:
    """A transport that holds the head of an answer until something of its body is written, or there is none."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n") and not data.startswith(CONTINUE):
            self._head += data
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def flush(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        self.flush()
        self._transport.close()


class _Parser(HttpRequestParser):
    """httptools' parser, which reads on where it would leave the connection to another protocol."""

    def __init__(self, protocol: DecliningProtocol) -> None:
        super().__init__(protocol)
        self._protocol = protocol

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except HttpParserUpgrade as offer:
            again = self._protocol.without_offer(data[offer.args[0] :])
            self._protocol.parser.feed_data(again)
