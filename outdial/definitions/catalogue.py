"""The published operations of any API, and an operation of the list in the form that definitions have."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from outdial.definitions.definition import Grants, PublishedOperation, load_definitions
from outdial.definitions.operations import Catalogue, Published, read_operations
from outdial.documents.template import steps_of

__all__ = ["Catalogue", "Published", "catalogue", "listed_operation", "steps_of"]


@cache
def catalogue(api: str) -> Catalogue | None:
    """Load every published operation of an API; None where its vendor publishes none."""
    definition = load_definitions().get(api)
    if definition is None or not definition.operations:
        return None
    if definition.listing:
        return read_operations(definition.folder / definition.listing, api)
    shapes = {
        name: {key: _type(each) for key, each in schema.get("properties", {}).items()}
        | ({"*required": schema["required"]} if "required" in schema else {})
        for name, schema in definition.schemas.items()
    }
    found = {
        (each.method, each.path): Published(
            each.method,
            each.path,
            name,
            any_of=each.permissions.any_of or (),
            all_of=each.permissions.all_of or (),
            scopes=each.scopes,
            own_codes={**dict.fromkeys(each.statuses, ()), **each.codes},
            body=each.body,
        )
        for name, each in definition.operations.items()
    }
    return Catalogue(api, f"{definition.source} ({definition.date})", found, shapes=shapes)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", schema.get("$ref", "object").rpartition("/")[2])
    return f"[{_type(schema.get('items', {}))}]" if kind == "array" else str(kind)


def listed_operation(api: str, method: str, path: str) -> PublishedOperation | None:
    """Return an operation of the list of an API, in the form that definitions have; None where it is not listed."""
    definition = load_definitions().get(api)
    known = catalogue(api) if definition and definition.listing else None
    found = next((each for each in (known.at(path) if known else ()) if each.method == method), None)
    return in_full(found) if found else None


def in_full(found: Published) -> PublishedOperation:
    """Return an operation of the list in the form that definitions have; the list says nothing of answers."""
    return PublishedOperation(
        request=found.request,
        permissions=Grants(any_of=found.any_of or None, all_of=found.all_of or None),
        scopes=found.scopes,
        responses=dict.fromkeys(found.success),
        codes=dict(found.codes),
    )
