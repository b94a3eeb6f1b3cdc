"""How a row changes its table's head: mappings merge, null removes, anything else replaces."""

from collections.abc import Mapping
from typing import Any

from outdial.tables.matching import is_matcher


class Contradiction(ValueError):
    """Two changes give one place two values; the message names the place."""


def merged(base: Any, *changes: Any) -> Any:
    """`base` with the changes applied in turn; none of them is touched."""
    for change in changes:
        base = _changed(base, change)
    return base


def _changed(base: Any, change: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(change, Mapping)) or is_matcher(base) or is_matcher(change):
        return change
    result = dict(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _changed(result.get(key), value) if key in result else value
    return result


def both(first: Any, second: Any, place: str = "") -> Any:
    """Two changes as one; raises `Contradiction` where they disagree."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {
            key: both(first[key], second[key], f"{place}.{key}".lstrip("."))
            if key in first and key in second
            else first.get(key, second.get(key))
            for key in [*first, *(key for key in second if key not in first)]
        }
    if first != second:
        raise Contradiction(f"{place} cannot be both {first!r} and {second!r}")
    return first
