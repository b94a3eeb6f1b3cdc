"""The published operations of any API, from its list or else from its definition."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from outdial.definitions.definition import load_definitions
from outdial.definitions.operations import Catalogue, PublishedOperation, read_operations
from outdial.documents.template import steps_of

__all__ = ["Catalogue", "PublishedOperation", "catalogue", "steps_of"]


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
    operations = tuple(
        each.model_copy(update={"codes": {**dict.fromkeys(each.statuses, ()), **each.codes}})
        for each in definition.operations.values()
    )
    return Catalogue(api, f"{definition.source} ({definition.date})", operations, shapes=shapes)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", schema.get("$ref", "object").rpartition("/")[2])
    return f"[{_type(schema.get('items', {}))}]" if kind == "array" else str(kind)
