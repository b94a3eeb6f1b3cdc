"""Chosen ids and texts for the records of a state, instead of new ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outdial.documents import suggest
from outdial.documents.template import whole_name
from outdial.tables.vocabulary import StateParameters, value_at


class CannotBeCalled(ValueError):
    """A value that a state does not return, or that it works out of others."""


@dataclass(frozen=True, slots=True)
class Called:
    """Chosen keys of records, chosen texts, and what is chosen in the states that are parameters, each by its name."""

    keys: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, "Called"] = field(default_factory=dict)


NEW = Called()
"""Nothing is chosen."""


def called(given: StateParameters, values: Mapping[str, str]) -> Called:
    """Return the choices that make a state return these values. Raises `CannotBeCalled`."""
    state = given.definition
    keys: dict[str, str] = {}
    fresh: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if name not in state.returns:
            raise CannotBeCalled(f"{state.name} returns no {name!r}{suggest(name, list(state.returns))}")
        first, _, rest = _source(given, state.returns[name].value).partition(".")
        if rest == "id" and first in state.makes:
            keys[first] = value
        elif first in state.fresh:
            fresh[first] = value
        elif isinstance(getattr(given, first, None), StateParameters):
            parts.setdefault(first, {})[rest] = value
        else:
            raise CannotBeCalled(f"{name!r} is worked out of other values and cannot be chosen")
    return Called(keys, fresh, {name: called(getattr(given, name), inner) for name, inner in parts.items()})


def _source(given: StateParameters, value: Any) -> str:
    """The name that a returned value is the value of, after any choice that the parameters make."""
    while isinstance(value, dict) and "choose" in value:
        value = value["from"][value_at(given, whole_name(value["choose"]) or "")]
    return whole_name(value) or ""
