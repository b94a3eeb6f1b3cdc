"""What exists in the provider: tokens, agents, numbers and the rest, each under an id of its own.

The world is shared by every edition and by every thread of the server. It is bounded: past `limit` records
of one kind the oldest is forgotten, as if it had been deleted.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Literal

Grants = frozenset[tuple[str, str]]
"""Permissions with the division that each is granted in: `{("conversation:call:add", "home")}`."""
Division = Literal["home", "other"]
Grant = Literal["client_credentials", "authorization_code", "saml2_bearer", "jwt_bearer", "impersonation"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A user of the organisation."""

    division: Division = "home"
    role: str | None = None
    permissions: Grants = frozenset()
    station: Literal["associated", "none", "phone_without_edge", "edge_down"] = "associated"
    presence: Literal["Available", "Ready", "Busy", "Offline"] = "Available"
    phone_number: Literal["assigned", "none"] = "assigned"
    on_conversation: bool = False
    after_call_work: bool = False
    logged_in: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `user` is the id of the agent whose context it carries."""

    status: Literal["valid", "expired", "revoked", "unknown"] = "valid"
    grant: Grant = "client_credentials"
    scopes: frozenset[str] = frozenset()
    permissions: Grants = frozenset()
    user: str | None = None
    acts_on_behalf: bool = False
    rate_limit: Literal["free", "spent"] = "free"


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number that the organisation calls from."""

    provisioned: bool = True
    verified: bool = True
    active: bool = True
    may_dial_out: bool = True
    division: Division = "home"


@dataclass(frozen=True, slots=True)
class Destination:
    """A telephone number that can be called, or to which no call can be placed."""

    placeable: bool = True


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client; `secret` is compared, never shown."""

    secret: str = field(repr=False)
    grant: Grant = "client_credentials"
    scopes: frozenset[str] = frozenset()
    permissions: Grants = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, a refresh token or a signed assertion: what is exchanged for a token."""

    client: str | None
    status: Literal["valid", "expired", "revoked", "used", "forged"] = "valid"
    user: str | None = None
    challenge: str | None = None
    redirect_uri: str | None = None
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Thing:
    """Anything of which only the existence matters: a queue, a skill, a contact."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call that was placed, and the agent it was placed for."""

    agent: str | None = None


RECORDS: dict[str, type[Any]] = {
    "agent": Agent,
    "token": Token,
    "number": Number,
    "destination": Destination,
    "client": Client,
    "code": Code,
    "queue": Thing,
    "skill": Thing,
    "campaign": Thing,
    "contact": Thing,
    "conversation": Conversation,
}
"""Every kind of record by the name that policies use."""


class World:
    """Records by kind and id, safe to use from several threads."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._lock = Lock()
        self._records: dict[str, OrderedDict[str, Any]] = {kind: OrderedDict() for kind in RECORDS}

    def add(self, kind: str, name: str, record: Any) -> None:
        """Keep a record under its id (a token under its text)."""
        with self._lock:
            records = self._records[kind]
            records[name] = record
            if len(records) > self._limit:
                records.popitem(last=False)

    def find(self, kind: str, name: str | None) -> Any | None:
        """The record, or None when there is none of that id."""
        return self._records[kind].get(name) if isinstance(name, str) else None

    def change(self, kind: str, name: str, fields: Mapping[str, str]) -> None:
        """Give fields of a record new values, if it still exists."""
        with self._lock:
            records = self._records[kind]
            if name in records:
                records[name] = replace(records[name], **fields)

    def __len__(self) -> int:
        return sum(len(records) for records in self._records.values())
