"""Clients that tables may name: operations, results and errors, looked up once."""

from dataclasses import fields
from inspect import Parameter, getmembers, isclass, isfunction, signature
from typing import Any, get_type_hints

from pydantic import BaseModel

from outdial import clients as consumer
from outdial.clients import errors
from outdial.tables import ClientOperation, Clients

OWN = set(vars(consumer.Session))
"""What every client has besides its operations."""


def _operation(method: Any) -> ClientOperation:
    hints = get_type_hints(method)
    result = hints.pop("return", None)
    taken = {name: each for name, each in signature(method).parameters.items() if name != "self"}
    return ClientOperation(
        arguments={name: hints[name] for name in taken},
        required=frozenset(name for name, each in taken.items() if each.default is Parameter.empty),
        returns=frozenset(result.model_fields if isclass(result) and issubclass(result, BaseModel) else ()),
    )


def _operations(client: type) -> dict[str, ClientOperation]:
    named = getmembers(client, isfunction)
    return {name: _operation(method) for name, method in named if not name.startswith("_") and name not in OWN}


FOUND = {
    name: client
    for name, client in getmembers(consumer, isclass)
    if issubclass(client, consumer.Session) and client is not consumer.Session
}
CLIENTS = Clients(
    operations={name: _operations(client) for name, client in FOUND.items()},
    errors={
        name: frozenset(each.name for each in fields(error))
        for name, error in getmembers(errors, isclass)
        if issubclass(error, errors.Refused)
    },
)
