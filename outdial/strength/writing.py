"""Rows as plain data and as YAML: nested changes, parameters of states, one line for each key."""

from collections.abc import Mapping
from typing import Any

import yaml

TO_BE_CONFIRMED = "source: to be confirmed"
"""What a row says that nobody has given evidence for; it does not load."""


def as_yaml(row: Mapping[str, Any]) -> str:
    """A row as it stands in a table."""
    return "  - " + "\n    ".join(f"{name}: {_flow(value)}" for name, value in row.items())


def _flow(value: Any) -> str:
    """A value on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()


def parameter(attribute: str, value: Any) -> dict[str, Any]:
    """A fact's value as a parameter of a state; permissions are those of a role."""
    if attribute != "permissions":
        return {attribute: sorted(value) if isinstance(value, frozenset) else value}
    divisions = {division for _, division in value or ()}
    role = {"permissions": sorted(name for name, _ in value or ())}
    return {"role": {**role, "division": min(divisions)} if divisions else role}


def put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value in nested mappings."""
    for step in path[:-1]:
        if not isinstance(target.get(step), dict):
            target[step] = {}
        target = target[step]
    if isinstance(value, dict) and isinstance(target.get(path[-1]), dict):
        target[path[-1]].update(value)
    else:
        target[path[-1]] = value


def over(change: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """A change with a further one on top, as one change; null stays, as it takes away what a head has."""
    both = {
        name: over(change[name], value) if _nested(change.get(name), value) else value
        for name, value in further.items()
    }
    return {**change, **both}


def _nested(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def there(target: Any, path: tuple[str | int, ...]) -> bool:
    """Whether nested mappings and lists have a value at a place."""
    for step in path:
        if step not in (target if isinstance(target, dict) else range(len(target)) if isinstance(target, list) else ()):
            return False
        target = target[step]
    return True
