"""Names that an API does not publish: scopes, permissions, grants and headers, each with the one that is meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from outdial.definitions import NotLookedUp, load_definitions
from outdial.definitions.catalogue import catalogue
from outdial.explain.knowledge import Knowledge
from outdial.explain.operations import Target, apis

Kind = Literal["scope", "permission", "grant", "header", "path", "field"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is not published, and what is meant or needed instead."""

    kind: Kind
    name: str
    instead: str = ""

    def __str__(self) -> str:
        if self.kind == "field":
            return f"{self.name} {self.instead}"
        tail = f"; {self.instead}" if self.instead else ""
        return f"{self.kind} {self.name} does not exist{tail}"


def unpublished_names(known: Knowledge, target: Target) -> tuple[Name, ...]:
    """Return every scope, permission, grant and header that the API does not have."""
    return tuple(_unpublished(known, target)) if target.is_published else ()


def _unpublished(known: Knowledge, target: Target) -> Iterator[Name]:
    meant = apis().meant.get(target.api, {})
    published, listed = target.published, catalogue(target.api)
    needed = {
        "scope": " or ".join(published.scopes) if published else "",
        "permission": (" or " if published.any_of else " and ").join(published.permissions) if published else "",
    }
    said: dict[tuple[Kind, str], None] = {}
    for fact, values in known.said.items():
        holder, colon, name = fact.partition(":")
        if colon and values and any(values) and name != "none":
            said["scope" if holder.endswith("scopes") else "permission", name] = None
        elif fact == "token.grant" and values:
            said["grant", str(values[0])] = None
    for name in known.sent.request.sent:
        if name not in apis().standard_headers and not name.startswith("sec-"):
            said["header", name] = None
    for kind, name in said:
        if _exists(kind, name, target):
            continue
        instead = meant.get(kind, {}).get(name, "")
        if needed.get(kind):
            instead = f"this operation asks for {needed[kind]}"
        elif instead:
            instead = f"what is meant: {instead}"
        other = {"scope": "permission", "permission": "scope"}.get(kind, "")
        if other and listed and name in listed.names[other]:
            instead = f"it is a {other}" + (f"; {instead}" if instead else "")
        yield Name(kind, name, instead)


def _exists(kind: Kind, name: str, target: Target) -> bool:
    """Return whether a name is published; True if unknown."""
    listed, definition = catalogue(target.api), load_definitions().get(target.api)
    if kind in ("scope", "permission") and listed and listed.names[kind]:
        return name in listed.names[kind]
    if kind == "header":
        return name not in apis().meant.get(target.api, {}).get(kind, {})
    if definition is None:
        return True
    if kind == "grant":
        tail = name.replace("_", "-")
        known = definition.listed("grant")
        if known and any(each.endswith(f":{tail}") for each in known.names):
            return True
    try:
        return definition.exists(kind, name) is not False
    except NotLookedUp:
        return True
