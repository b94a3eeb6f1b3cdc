"""The facts of one real request in a world."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from outdial.provider.exchange import Call
from outdial.provider.facts import PARTS, SUFFIX, Subjects
from outdial.provider.records import key_of
from outdial.provider.world import Record, World


class RequestFacts(dict[str, Any]):
    """The facts of one request, looked up when first asked for."""

    __repr__ = object.__repr__  # some facts are secret

    def __init__(self, call: Call, path: Mapping[str, str], finds: Subjects, world: World) -> None:
        self._call = call
        self._finds = finds
        self._world = world
        self._path = path

    def __missing__(self, name: str) -> Any:
        if name.endswith(SUFFIX):
            text = self[name.removesuffix(SUFFIX)]
            found = challenge(text) if isinstance(text, str) else None
        else:
            first, _, rest = name.partition(".")
            found = self._token_fact(rest) if first == "token" else self._look_up(first, rest)
        self[name] = found
        return found

    def names(self, part: str) -> frozenset[str]:
        return frozenset(key for key, value in self._part(part).items() if value is not None)

    def _look_up(self, first: str, rest: str) -> Any:
        if first == "request":
            return self._request_fact(rest)
        if first in PARTS:
            part = self._part(first)
            return _walk(part, rest) if "." in rest else part.get(rest)
        kind, by = self._finds[first]
        key = key_of(self[by])
        if rest == "id":
            return key
        record = self._world.find(kind, key)
        if rest == "exists":
            return record is not None
        return _asked(record, rest) if record is not None else None

    def _request_fact(self, name: str) -> Any:
        call = self._call
        match name:
            case "scheme":
                return call.authorization[0]
            case "media_type":
                return call.media_type
            case "bytes":
                return len(call.body)
        return call.json[0]

    def _token_fact(self, name: str) -> Any:
        scheme, text = self._call.authorization
        token = self._world.find("token", text) if scheme == "bearer" else None
        if token is None:
            return "unknown" if name == "status" and scheme == "bearer" else None
        return _asked(token, name)

    def _part(self, part: str) -> Mapping[str, Any]:
        call = self._call
        match part:
            case "path":
                return self._path
            case "body":
                return call.json[1] if call.media_type == "application/json" else {}
            case "form":
                return call.form
            case "query":
                return call.query
            case "header":
                return call.headers
        return call.basic


def challenge(verifier: str) -> str:
    """Return the S256 code challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = sha256(verifier.encode(errors="replace")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _walk(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _asked(record: Record, attribute: str) -> Any:
    """Return an attribute's value; an empty queue has none, so that a rule can ask whether anything is there."""
    value = record.get(attribute)
    return None if value == () else value
