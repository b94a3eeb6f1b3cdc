"""Values of a state file that are worked out of others: grants, the first that is there, a choice, a challenge."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Any

from outdial.documents.template import fill, names_in, whole_name
from outdial.tables.vocabulary import value_at

Found = Mapping[str, Any]
"""Everything that a state's templates can name, so far."""
Working = Callable[[Found], Any]


def working_out(value: Any) -> Working:
    """Rule that computes an attribute, or a returned value, from the values so far."""
    match value:
        case {"each": each, "in": group}:
            names, one = working_out(each), working_out(group)
            return lambda found: frozenset((name, one(found)) for name in names(found) or ())
        case {"first": candidates}:
            ways = [working_out(each) for each in candidates]
            return lambda found: next((given for way in ways if (given := way(found)) is not None), None)
        case {"choose": choice, "from": values}:
            chosen, choices = working_out(choice), {name: working_out(each) for name, each in values.items()}
            return lambda found: choices[chosen(found)](found)
        case {"s256": text}:
            verifier = working_out(text)
            return lambda found: _s256(verifier(found))
        case {"basic": parts}:
            joined = [working_out(part) for part in parts]
            return lambda found: b64encode(":".join(part(found) for part in joined).encode()).decode()
        case list():
            items = [working_out(each) for each in value]
            return lambda found: tuple(item(found) for item in items)
    name = whole_name(value)
    if name is None:
        return (lambda found: fill(value, _Dotted(found))) if names_in(value) else (lambda _: value)
    return (lambda found: value_at(found, name)) if "." in name else itemgetter(name)


class _Dotted:
    """Values by dotted names, as templates ask for them."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Any:
        return value_at(self._found, name)


def _s256(verifier: str) -> str:
    """RFC 7636, 4.2, on this side too: a stub that hashed otherwise would not be noticed by its own hash."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")
