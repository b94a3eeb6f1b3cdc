"""Kinds of records: which attributes each has, and the values that rules may ask for. Whoever composes says which."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import randbelow, token_urlsafe
from typing import Any, Literal
from uuid import uuid4

KeyForm = Literal["uuid", "secret", "number"]
Value = str | bool | int | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a record says of itself. `values` is None where they cannot be listed; `optional`: it may be None."""

    values: tuple[Value, ...] | None = None
    default: Any = None
    optional: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: the form of its key, and its attributes."""

    key: KeyForm
    attributes: Mapping[str, Attribute]

    def record(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A record with every attribute that the fields do not say at its default."""
        return {name: each.default for name, each in self.attributes.items()} | dict(fields)


Kinds = Mapping[str, Kind]
"""Every kind of record by the name that policies use. One of them is `token`."""


def new_key(form: KeyForm) -> str:
    """A key that nothing has yet; a number is in E.164, in a range kept for fiction (area code 999 is nobody's)."""
    match form:
        case "uuid":
            return str(uuid4())
        case "secret":
            return token_urlsafe(32)
    return f"+1999555{randbelow(10**7):07}"
