"""A throw-away provider with provider states: an order exists for whoever asked for one, behind a token."""

import itertools
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

EXAMPLE = "Bearer EXAMPLE-NOT-A-TOKEN"


@dataclass(slots=True)
class ProviderDouble:
    """Each state makes a token of its own, good for one order."""

    url: str
    delay: float = 0.0
    """Seconds before each answer, also of the states."""
    broken: bool = False
    """True: it has lost every order, so what was verified before fails now."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def options(self) -> tuple[str, ...]:
        """How `verify-broker` is told about it."""
        return ("--provider-url", self.url, "--state-url", f"{self.url}/states")

    def answer(self, request: Request) -> Response:
        """One request, to the provider or its states."""
        if request.path == "/states":
            time.sleep(self.delay)
            order = str(next(self.numbers))
            self.tokens[order] = f"live-token-of-order-{order}"
            return Response(
                json.dumps({"orderId": order, "accessToken": self.tokens[order]}), mimetype="application/json"
            )
        time.sleep(self.delay)
        order = request.path.removeprefix("/orders/")
        allowed = request.headers.get("authorization") == f"Bearer {self.tokens.get(order)}"
        return Response(status=404 if self.broken else 200 if allowed else 401)


@contextmanager
def provider_double() -> Iterator[ProviderDouble]:
    """On a free loopback port."""
    with HTTPServer("127.0.0.1", threaded=True) as server:
        double = ProviderDouble(server.url_for("").rstrip("/"))
        server.expect_request(re.compile(".*")).respond_with_handler(double.answer)
        yield double


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
