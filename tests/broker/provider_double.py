"""A throw-away provider with provider states: an order exists for whoever asked for one, behind a token."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EXAMPLE = "Bearer EXAMPLE-NOT-A-TOKEN"


@dataclass(slots=True)
class ProviderDouble:
    url: str
    broken: bool = False
    """True: it has lost every order, so what was verified before fails now."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: dict[str, str] = field(default_factory=dict)
    """Each state makes a token of its own, good for one order."""

    @property
    def state_url(self) -> str:
        return f"{self.url}/states"


@contextmanager
def provider_double() -> Iterator[ProviderDouble]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.double = ProviderDouble(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.double  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        double: ProviderDouble = self.server.double
        order = self.path.removeprefix("/orders/")
        allowed = self.headers.get("authorization") == f"Bearer {double.tokens.get(order)}"
        self.send(404 if double.broken else 200 if allowed else 401, {"id": order})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked.get("action") != "setup":
            self.send(200, {})
            return
        double: ProviderDouble = self.server.double
        order = str(next(double.numbers))
        double.tokens[order] = f"live-token-of-order-{order}"
        self.send(200, {"orderId": order, "accessToken": double.tokens[order]})

    def send(self, status: int, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        self.wfile.write(head.encode() + content)


def pact(consumer: str, provider: str, description: str = "an order") -> dict[str, Any]:
    """A pact whose order id and token come from the provider state; with the examples it fails."""
    token = {"type": "ProviderState", "expression": "Bearer ${accessToken}", "dataType": "STRING"}
    order = {"type": "ProviderState", "expression": "/orders/${orderId}", "dataType": "STRING"}
    return {
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": [
            {
                "type": "Synchronous/HTTP",
                "key": f"{consumer}/get-order",
                "description": description,
                "pending": False,
                "providerStates": [{"name": "an order", "params": {"paid": True}}],
                "request": {
                    "method": "GET",
                    "path": "/orders/0",
                    "headers": {"Authorization": [EXAMPLE]},
                    "generators": {"path": order, "header": {"Authorization": token}},
                },
                "response": {"status": 200},
            }
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
