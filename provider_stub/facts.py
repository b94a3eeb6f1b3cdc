"""Facts: what a rule may ask about a request, by name, and which names and values exist.

`request.*` is about the request as a whole, `path.* body.* form.* header.* basic.*` are its parts, `token.*` is
the bearer token's record, and every other first word is a subject that the operation `finds` in the world.
`<text fact>.s256` is the PKCE challenge of that text. A fact that does not apply is None.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from hashlib import sha256
from types import NoneType
from typing import Any, Literal, Protocol, get_args, get_type_hints

from provider_stub.exchange import Call
from provider_stub.world import RECORDS, Token, World

REQUEST_FACTS: dict[str, tuple[Any, ...]] = {
    "scheme": (None, "bearer", "basic"),
    "media_type": ("application/json", "text/plain", "application/x-www-form-urlencoded", None),
    "body": ("object", "other", "broken", "none"),
    "bytes": (),
}
PARTS = ("path", "body", "form", "header", "basic")
SECRETS = frozenset(
    {"basic.secret", "client.secret", "form.client_secret", "form.code", "code.id", "form.code_verifier"}
    | {"form.refresh_token", "form.assertion", "token.id", "form.code_verifier.s256", "code.challenge"}
)


class Facts(Protocol):
    """Anything that answers for facts: a request in a world, or an assumption about one."""

    def __getitem__(self, name: str) -> Any: ...

    def names(self, part: str) -> frozenset[str]:
        """The fields that are present (not null) at the top of a part: body, form or header."""
        ...


class RequestFacts:
    """The facts of one request, looked up when first asked for."""

    def __init__(self, call: Call, path: Mapping[str, str], finds: Mapping[str, tuple[str, str]], world: World) -> None:
        self._call = call
        self._finds = finds
        self._world = world
        self._parts: dict[str, Any] = {"path": path}
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._look_up(*_split(name))
        return self._known[name]

    def names(self, part: str) -> frozenset[str]:
        return frozenset(key for key, value in self._part(part).items() if value is not None)

    def _look_up(self, first: str, rest: str, challenged: str | None) -> Any:
        if challenged is not None:
            text = self[challenged]
            return challenge(text) if isinstance(text, str) else None
        if first == "request":
            return self._request_fact(rest)
        if first in PARTS:
            return _walk(self._part(first), rest)
        if first == "token":
            return self._token_fact(rest)
        kind, by = self._finds[first]
        key = self[by]
        if rest == "id":
            return key if isinstance(key, str) else None
        record = self._world.find(kind, key)
        if rest == "exists":
            return record is not None
        return getattr(record, rest, None)

    def _request_fact(self, name: str) -> Any:
        match name:
            case "scheme":
                return self._call.authorization[0]
            case "media_type":
                return self._call.media_type
            case "bytes":
                return len(self._call.body)
        return self._call.json[0]

    def _token_fact(self, name: str) -> Any:
        scheme, text = self._call.authorization
        if scheme != "bearer":
            return None
        token = self._world.find("token", text)
        if token is None:
            return "unknown" if name == "status" else None
        return getattr(token, name)

    def _part(self, part: str) -> Mapping[str, Any]:
        if part not in self._parts:
            call = self._call
            value: Any
            match part:
                case "body":
                    value = call.json[1] if call.media_type == "application/json" else {}
                case "form":
                    value = call.form
                case "header":
                    value = dict(call.headers)
                case _:
                    value = call.basic
            self._parts[part] = value
        found: Mapping[str, Any] = self._parts[part]
        return found


def challenge(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = sha256(verifier.encode(errors="replace")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def known_values(name: str, finds: Mapping[str, tuple[str, str]]) -> tuple[Any, ...] | None:
    """Every value that a fact can have, or None when they cannot be listed. Raises `KeyError` for no such fact."""
    first, _, rest = name.partition(".")
    if first in PARTS:
        return None
    if name.endswith(".s256"):
        return known_values(name.removesuffix(".s256"), finds)
    if first == "request":
        return REQUEST_FACTS[rest] or None
    kind = "token" if first == "token" else finds[first][0]
    if first != "token" and rest == "exists":
        return (True, False)
    if first != "token" and rest == "id":
        return None
    return _values_of(get_type_hints(RECORDS[kind])[rest])


def known_names(finds: Mapping[str, tuple[str, str]]) -> list[str]:
    """Every fact an operation's rules can ask for, apart from the request's own fields."""
    subjects = [
        f"{subject}.{name}"
        for subject, (kind, _) in finds.items()
        for name in ["exists", "id", *(each.name for each in fields(RECORDS[kind]))]
    ]
    return [
        *(f"request.{name}" for name in REQUEST_FACTS),
        *(f"token.{each.name}" for each in fields(Token)),
        *subjects,
    ]


def _values_of(hint: Any) -> tuple[Any, ...] | None:
    if hint is bool:
        return (True, False)
    if hint is NoneType:
        return (None,)
    if getattr(hint, "__origin__", None) is Literal:
        return get_args(hint)
    return None


@lru_cache
def _split(name: str) -> tuple[str, str, str | None]:
    """A fact's first word, the rest, and the fact it is the challenge of. The names are those of the policies."""
    first, _, rest = name.partition(".")
    return first, rest, name.removesuffix(".s256") if name.endswith(".s256") else None


def _walk(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
