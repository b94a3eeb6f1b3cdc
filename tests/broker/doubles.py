"""A broker that answers as a real one (2.120.0) was recorded to, and nothing else, with faults; and a provider.

`exchanges.json` holds requests of the real clients with the answers, cut to what clients read. It knows one consumer
(web-shop), one provider (orders-api) and a few versions; a test says what they are called in its own world. Two answers
follow the broker's documentation: 401 for a wrong or read-only user, 400 for a bearer token at basic authentication.
"""

import base64
import itertools
import json
import logging
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Json = dict[str, Any]
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # connections that are cut are what faults are about
RECORDED_AT = "http://broker.example"
EXCHANGES: list[Json] = json.loads(Path(__file__).with_name("exchanges.json").read_text())
CONSUMER, PROVIDER = "web-shop", "orders-api"
VERSIONS, PROVIDER_VERSIONS = ("1.0.0", "1.0.1", "2.0.0", "4.0.0"), ("p1", "p2", "p3", "p5")
CONTENT = "47b739ddbd4772140e67c54fd69ec4b8daa2baa2"
"""Digest of the recorded pact's content."""
JOURNEY = (
    *("publish-v1", "create-or-update-pacticipant", "verify-plain-publish", "verify-pact-url", "can-i-deploy-two"),
    *("list-environments-2", "record-deployment-provider", "can-i-deploy-yes", "record-deployment-consumer"),
)
"""Answers from the first publication to the recorded deployment."""
PUBLISH = "POST /contracts/publish"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong at requests whose `METHOD path` starts with `at`.

    With `status` the broker is never reached; without, it has done what was asked and its answer is spoilt.
    `skip` requests pass first, then `times` are spoilt, or all.
    """

    at: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0
    truncated: bool = False
    reset: bool = False
    skip: int = 0
    times: int = 1000

    def strikes(self, what: str) -> bool:
        """Return whether this request is spoilt."""
        if not what.startswith(self.at) or self.times == 0:
            return False
        self.skip -= 1
        self.times -= self.skip < 0
        return self.skip < 0

    def spoilt(self, request: Request, response: Response) -> Response:
        """Return the answer in place of the broker's."""
        time.sleep(self.delay)
        if self.reset:
            # a linger of zero seconds makes close() send RST, which is what a killed proxy looks like
            connection: socket.socket = request.environ["werkzeug.socket"]
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.SocketType.close(connection)  # at once, although the server still holds files of it
            return Response(_lost())
        if self.status is not None:
            return Response(self.body, self.status, headers=self.headers)
        if self.truncated:
            full = response.get_data()
            cut = Response(full[: len(full) // 2], response.status_code, headers=dict(response.headers))
            cut.automatically_set_content_length = False
            cut.headers["content-length"] = str(len(full))
            return cut
        return response


def _lost() -> Iterator[bytes]:
    raise ConnectionResetError
    yield b""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in, and whether it was answered as recorded."""

    what: str
    authorization: str | None
    body: Json
    accepted: bool


@dataclass(slots=True)
class Broker:
    """Serves the exchanges it was told to; a request without one gets a 599 and is remembered as unknown."""

    url: str
    path: str = ""
    answers: dict[str, list[Json]] = field(default_factory=dict)
    contents: dict[str, Json] = field(default_factory=dict)
    """Pacts that take the place of recorded ones, as published or by request."""
    seen: list[Seen] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    accepts: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, *labels: str, **names: str) -> None:
        """From now on answer as under these labels, one after the other; `names`: recorded name → name here."""
        fresh: dict[str, list[Json]] = {}
        for label in labels:
            found = [each for each in EXCHANGES if each["label"] == label]
            assert found, f"{label} is not recorded"
            for exchange in found:
                here = json.loads(_renamed(json.dumps(exchange), {RECORDED_AT: self.url} | names))
                request = here["request"]
                what = _key(request["method"], request["path"], request["body"] or {})
                fresh.setdefault(what, []).append(here["response"])
        self.answers |= fresh

    def serve_pact(self, consumer: str, provider: str, version: str, at: str, *labels: str, **more: str) -> None:
        """The same for one pact of a test's own, at a version of its provider; both in place of those recorded."""
        names = {CONSUMER: consumer, PROVIDER: provider} | dict.fromkeys(VERSIONS, version)
        content = {CONTENT: sha1(f"{consumer} {provider}".encode(), usedforsecurity=False).hexdigest()}
        self.serve(*labels, **names, **dict.fromkeys(PROVIDER_VERSIONS, at), **content, **more)
        if "create-or-update-pacticipant" in labels:  # recorded of the consumer only
            self.serve("create-or-update-pacticipant", **{CONSUMER: provider})

    def accepted(self, what: str) -> list[Seen]:
        """Return the accepted requests whose `METHOD path` contains this."""
        return [each for each in self.seen if each.accepted and what in each.what]

    def held(self) -> str:
        """Return what it has accepted, in words."""
        pacts = sorted({each.body["pacticipantName"] for each in self.accepted(PUBLISH)})
        results = len({each.what for each in self.accepted("verification-results")})
        parts = [f"pacts of {', '.join(pacts)}"] if pacts else []
        parts += [f"{results} result{'s' * (results > 1)}"] if results else []
        parts += ["a deployment"] if self.accepted("POST /pacticipants/") else []
        return ", ".join(parts) or "nothing"

    def answer(self, request: Request) -> Response:
        """Return the answer to one request."""
        body = request.get_json(silent=True) or {}
        what = _key(request.method, request.environ["RAW_URI"].removeprefix(self.path) or "/", body)
        authorization = request.headers.get("authorization")
        with self.lock:
            fault = next((each for each in self.faults if each.strikes(what)), None)
            refused = self.accepts is not None and authorization != self.accepts
            response = Response(status=401) if refused else self._recorded(what, body)
            reached = response.status_code < 400 and (fault is None or fault.status is None)
            self.seen.append(Seen(what, authorization, body, reached))
        return fault.spoilt(request, response) if fault else response

    def _recorded(self, what: str, body: Json) -> Response:
        if what not in self.answers:
            self.unknown.append(what)
            return Response(f"not recorded: {what}", status=599)
        answers = self.answers[what]
        recorded = answers.pop(0) if len(answers) > 1 else answers[0]
        content = recorded["body"]
        if what.startswith(PUBLISH) and recorded["status"] == 200:
            for each in body["contracts"]:
                self.contents[_pact(each)] = json.loads(base64.b64decode(each["content"]))
        if "interactions" in content:
            pact = f"{content['consumer']['name']} → {content['provider']['name']}"
            published = self.contents.get(what) or self.contents.get(pact) or content
            numbered = [{"_id": f"{at:040x}", **each} for at, each in enumerate(published["interactions"])]
            content = content | {"interactions": numbered, "metadata": published["metadata"]}
        return Response(json.dumps(content), recorded["status"], headers=recorded["headers"])


@contextmanager
def recorded_broker(path: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Broker]:
    """Run a broker on a free loopback port, below `path`. It knows its index only, until `serve` adds more."""
    with HTTPServer("127.0.0.1", threaded=True, ssl_context=tls) as server:
        broker = Broker(server.url_for(path).rstrip("/"), path)
        index = next(each for each in EXCHANGES if each["request"]["path"] == "/")
        broker.answers["GET /"] = [json.loads(_renamed(json.dumps(index["response"]), {RECORDED_AT: broker.url}))]
        server.expect_request(re.compile(".*")).respond_with_handler(broker.answer)
        yield broker


def certificate(folder: Path) -> tuple[str, ssl.SSLContext]:
    """Return the file of a new certificate authority, and a server's context with a certificate that it signed."""
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    signed = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    authority = ["-x509", "-subj", "/CN=Company CA", "-keyout", "ca.key", "-out", "ca.pem"]
    server = ["-x509", "-subj", "/CN=broker", "-CA", "ca.pem", "-CAkey", "ca.key", *signed]
    for words in (authority, [*server, "-keyout", "server.key", "-out", "server.pem"]):
        subprocess.run(["openssl", "req", *new, *words], cwd=folder, capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return str(folder / "ca.pem"), context


def _key(method: str, target: str, body: Json) -> str:
    """Publications of all pacts go to one address."""
    pacts = [f" {_pact(each)}" for each in body.get("contracts", [])]
    return f"{method} {unquote(target)}{''.join(pacts)}"


def _pact(contract: Json) -> str:
    return f"{contract['consumerName']} → {contract['providerName']}"


def _renamed(text: str, names: Mapping[str, str]) -> str:
    words = re.compile("|".join(rf"(?<![\w.]){re.escape(name)}(?![\w.])" for name in names))
    return words.sub(lambda found: names[found[0]], text)


@dataclass(slots=True)
class Provider:
    """A provider with states: each makes an order and a token of its own, good for this order."""

    url: str
    delay: float = 0.0
    """Seconds before each answer, also of the states."""
    broken: bool = False
    """Whether it has lost every order."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def options(self) -> tuple[str, ...]:
        """Options that name it."""
        return ("--provider-url", self.url, "--state-url", f"{self.url}/states")

    def answer(self, request: Request) -> Response:
        """Return the answer of the provider or its states."""
        time.sleep(self.delay)
        if request.path == "/states":
            order = str(next(self.numbers))
            values = {"orderId": order, "accessToken": f"live-token-of-order-{order}"}
            return Response(json.dumps(values), mimetype="application/json")
        token = f"Bearer live-token-of-order-{request.path.removeprefix('/orders/')}"
        allowed = request.headers.get("authorization") == token
        return Response(status=404 if self.broken else 200 if allowed else 401)


@contextmanager
def provider_double() -> Iterator[Provider]:
    """Run a provider on a free loopback port."""
    with HTTPServer("127.0.0.1", threaded=True) as server:
        double = Provider(server.url_for("").rstrip("/"))
        server.expect_request(re.compile(".*")).respond_with_handler(double.answer)
        yield double


def pact(consumer: str = CONSUMER, provider: str = PROVIDER, status: int = 200) -> Json:
    """Return a pact whose order id and token come from the provider state; with the examples it fails."""
    token = {"type": "ProviderState", "expression": "Bearer ${accessToken}", "dataType": "STRING"}
    order = {"type": "ProviderState", "expression": "/orders/${orderId}", "dataType": "STRING"}
    row = {
        "type": "Synchronous/HTTP",
        "key": f"{consumer}/get-order",
        "description": "an order",
        "pending": False,
        "providerStates": [{"name": "an order", "params": {"paid": True}}],
        "request": {
            "method": "GET",
            "path": "/orders/0",
            "headers": {"Authorization": ["Bearer EXAMPLE-NOT-A-TOKEN"]},
            "generators": {"path": order, "header": {"Authorization": token}},
        },
        "response": {"status": status},
    }
    names = {"consumer": {"name": consumer}, "provider": {"name": provider}}
    return {**names, "interactions": [row], "metadata": {"pactSpecification": {"version": "4.0"}}}
