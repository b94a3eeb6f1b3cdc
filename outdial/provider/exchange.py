"""One request as the provider sees it, and its answer; no HTTP server needed."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from outdial.provider.engine import Decision


@dataclass(frozen=True)
class Call:
    """A request. Header names are in lower case; the path is decoded and starts with the edition's prefix.

    `base_url` is where the client reaches the edition; below its prefix at `origin` when it is empty.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    base_url: str = ""
    query_string: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        """Return the base URL by which the client reached the server (Host header)."""
        return f"http://{self.headers.get('host', 'localhost')}"

    @cached_property
    def media_type(self) -> str | None:
        """The Content-Type without its parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower() or None

    @cached_property
    def authorization(self) -> tuple[str | None, str]:
        """Return the scheme in lower case and the credentials; a header without credentials counts as none."""
        scheme, _, credentials = self.headers.get("authorization", "").strip().partition(" ")
        return (scheme.lower(), credentials.strip()) if credentials.strip() else (None, "")

    @cached_property
    def basic(self) -> Mapping[str, str]:
        """Client `id` and `secret` of a Basic header; empty when it is absent or malformed."""
        scheme, credentials = self.authorization
        if scheme != "basic":
            return {}
        try:
            name, colon, secret = b64decode(credentials, validate=True).decode().partition(":")
        except (Base64Error, ValueError):
            return {}
        return {"id": name, "secret": secret} if colon else {}

    @cached_property
    def json(self) -> tuple[str, dict[str, Any]]:
        """Return the kind of the body (`object`, `other`, `broken`, `none`) and its object."""
        if not self.body.strip():
            return "none", {}
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return "broken", {}
        return ("object", value) if isinstance(value, dict) else ("other", {})

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The fields of the query string; empty when it cannot be read."""
        return _fields(self.query_string)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form body; empty for any other media type."""
        if self.media_type != "application/x-www-form-urlencoded":
            return {}
        try:
            return _fields(self.body.decode())
        except ValueError:
            return {}


@dataclass(frozen=True)
class Answer:
    """Answer of the provider with its decision (None if no operation was reached).

    `code` is the denial's. The correlation id is new for each answer; a server's own answers have none. `wait` is for
    how many seconds a server may hold the answer back, and ask again, in case another one comes to be true.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    decision: Decision | None = field(default=None, repr=False)
    code: str = ""
    correlation_id: str = ""
    wait: float = 0.0
    delay: float = 0.0
    drop: bool = False


def in_json(status: int, content: Any, **headers: str) -> Answer:
    """Return an answer of the stub's own in JSON; it belongs to no edition."""
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode())


def _refuse_constant(name: str) -> Any:
    """NaN and Infinity are no JSON (RFC 8259, 6). Raises ValueError."""
    raise ValueError(name)


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, max_num_fields=50))
    except ValueError:
        return {}
