"""Merge a row's change over its operation: mappings merge, null removes, anything else replaces."""

from collections.abc import Mapping
from typing import Any

from outdial.tables.matching import is_matcher


def merged(base: Any, *changes: Any) -> Any:
    """Return `base` with the changes applied in turn; neither is modified."""
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
