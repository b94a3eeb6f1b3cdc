"""A table states a call in the client's own terms where those differ from the wire, so that the two are compared."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from outdial.generation.clients import CLIENTS
from outdial.tables import Scenario, load_suite


def aliased(argument: Any) -> Iterator[tuple[str, str]]:
    """The name in Python and the name on the wire of every field, at any depth, that has two."""
    if isinstance(argument, type) and issubclass(argument, BaseModel):
        for name, field in argument.model_fields.items():
            if field.alias not in (None, name):
                yield name, str(field.alias)
            yield from aliased(field.annotation)
    for each in get_args(argument):
        yield from aliased(each)


def keys(value: Any) -> set[str]:
    """Every key in a value."""
    if isinstance(value, Mapping):
        return {str(key) for key in value} | {each for inner in value.values() for each in keys(inner)}
    return {each for inner in value for each in keys(inner)} if isinstance(value, list) else set()


def test_every_field_of_two_names_is_written_by_its_python_name_in_some_row() -> None:
    """A field that is read and written under one wrong name, or two that are exchanged, fail that row."""
    by_operation: dict[tuple[str, str], list[Scenario]] = {}
    for scenario in load_suite():
        if not scenario.by_hand and scenario.client != "NiceCxone":  # its tables are still to say so
            by_operation.setdefault((scenario.client, scenario.operation), []).append(scenario)
    missing = []
    for (client, operation), scenarios in by_operation.items():
        on_wire = {key for each in scenarios for key in keys(each.request.body)}
        called = {key for each in scenarios for key in keys(dict(each.call))}
        for argument in CLIENTS.operations[client][operation].arguments.values():
            missing += [
                (client, operation, name) for name, wire in aliased(argument) if wire in on_wire and name not in called
            ]
    assert missing == []
