"""Values of a state file that follow from others: grants, the first that is there, a choice, a challenge."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from outdial.documents.template import fill
from outdial.tables.vocabulary import value_at


def value_of(value: Any, found: Mapping[str, Any]) -> Any:
    """Return an attribute or a returned value; `found` is everything that a state's templates can name so far."""
    match value:
        case {"each": each, "in": group}:
            return frozenset((name, value_of(group, found)) for name in value_of(each, found) or ())
        case {"first": candidates}:
            return next((given for way in candidates if (given := value_of(way, found)) is not None), None)
        case {"choose": choice, "from": values}:
            return value_of(values[value_of(choice, found)], found)
        case {"s256": text}:
            return _s256(value_of(text, found))
        case {"basic": parts}:
            return b64encode(":".join(value_of(part, found) for part in parts).encode()).decode()
        case list():
            return tuple(value_of(each, found) for each in value)
    return fill(value, _Dotted(found))


class _Dotted:
    """Values by dotted names, as templates ask for them."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Any:
        return value_at(self._found, name)


def _s256(verifier: str) -> str:
    """RFC 7636, 4.2, on this side too: a stub that hashed otherwise would not be noticed by its own hash."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")
