"""Kinds of records with their attributes and possible values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import randbelow, token_urlsafe
from typing import Any, Literal
from uuid import uuid4

KeyForm = Literal["uuid", "secret", "number", "serial"]
Value = str | bool | int | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """Attribute of a record. `values` is None where they cannot be listed."""

    values: tuple[Value, ...] | None = None
    default: Any = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: the form of its key, and its attributes."""

    key: KeyForm
    attributes: Mapping[str, Attribute]

    def record(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record with every attribute that the fields do not say at its default."""
        return {**{name: each.default for name, each in self.attributes.items()}, **fields}


Kinds = Mapping[str, Kind]
"""Every kind of record by the name that policies use. One of them is `token`."""


def _numbers() -> Iterator[str]:
    """North American numbers that are reserved for fiction, 555-0100 to 555-0199 of every area code in turn."""
    start = randbelow(80_000)
    while True:
        yield f"+1{200 + start // 100}55501{start % 100:02}"
        start = (start + 1) % 80_000


_NUMBERS = _numbers()


def key_of(value: Any) -> str | None:
    """Return the key that a request names: a text, or a number in JSON; None for anything else."""
    return str(value) if type(value) in (str, int) else None


def new_key(form: KeyForm) -> str:
    """Return a key that nothing has yet: `serial` is digits, `number` is one of 555-0100 to 555-0199."""
    match form:
        case "uuid":
            return str(uuid4())
        case "secret":
            return token_urlsafe(32)
        case "serial":
            return str(10**9 + randbelow(10**9))
    return next(_NUMBERS)
