"""Clients that tables may name, looked up once; play a row through its client, and compare the outcome."""

from dataclasses import fields
from inspect import Parameter, getmembers, isclass, isfunction, signature
from typing import Any, get_type_hints

from pydantic import BaseModel, SecretStr

from outdial import clients as consumer
from outdial.clients import errors
from outdial.clients.errors import Refused
from outdial.tables import STATES, ClientOperation, Clients, Scenario

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
        if issubclass(error, Refused)
    },
)


def play(scenario: Scenario, base_url: str) -> None:
    """Send the scenario's request by its client. Raises AssertionError when the outcome is not the row's."""
    token = STATES.examples["accessToken"] if "Authorization" in scenario.request.headers else None
    with FOUND[scenario.client](base_url, token) as client:
        try:
            outcome: Any = getattr(client, scenario.operation)(**scenario.call)
        except Refused as refusal:
            outcome = refusal
    if problem := _problem(scenario, outcome):
        # Raised, not asserted: PYTHONOPTIMIZE leaves assertions out, and every row would be green.
        raise AssertionError(f"{scenario.case_id}: {problem}")


def _problem(scenario: Scenario, outcome: Any) -> str:
    """Return the differences from the row; empty if it holds."""
    expected = scenario.expected
    if expected.error is None:
        if isinstance(outcome, Refused):
            return f"refused, expected to be accepted: {outcome}"
    elif type(outcome).__name__ != expected.error:
        return f"expected {expected.error}, got {outcome!r}"
    elif outcome.status != expected.status:
        return f"expected status {expected.status}, got {outcome!r}"
    for name, value in expected.outcome.items():
        if _plain(getattr(outcome, name)) != value:
            return f"{name} is {getattr(outcome, name)!r}"
    return ""


def _plain(value: Any) -> Any:
    """Return a value as YAML states it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return {name: _plain(each) for name, each in value if each is not None}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
