"""Plays a scenario through the consumer's own client and compares what the client makes of the answer."""

from collections.abc import Mapping
from functools import cache
from inspect import Parameter, signature
from typing import Any
from urllib.parse import urlencode

import requests
from pydantic import BaseModel, SecretStr

from outdial import clients as consumer
from outdial.clients.errors import Refused
from outdial.tables import Scenario
from outdial.tables.interaction import sent_body
from outdial.tables.matching import example
from outdial.tables.vocabulary import STATES


def play(scenario: Scenario, base_url: str) -> None:
    """Send the scenario's request by its client. Raises AssertionError when the outcome is not the row's."""
    client_class = getattr(consumer, scenario.client)
    token = {"token": STATES.examples["accessToken"]} if "token" in _parameters(client_class) else {}
    with client_class(base_url, **token) as client:
        try:
            outcome: Any = (
                _by_hand(client, scenario) if scenario.by_hand else getattr(client, scenario.operation)(**scenario.call)
            )
        except Refused as refusal:
            outcome = refusal
    if problem := _problem(scenario, outcome):
        # Raised, not asserted: PYTHONOPTIMIZE leaves assertions out, and every row would be green.
        raise AssertionError(f"{scenario.case_id}: {problem}")


@cache
def _parameters(client_class: type[consumer.Session]) -> Mapping[str, Parameter]:
    return signature(client_class).parameters


def _by_hand(client: consumer.Session, scenario: Scenario) -> requests.Response:
    """Some requests cannot be made by a typed client; they are sent as they stand."""
    request = scenario.request
    headers = {name: example(value) for name, value in request.headers.items()}
    query = f"?{urlencode(example(request.query))}" if request.query else ""
    return client.send_as_is(request.method, example(request.path) + query, headers, sent_body(scenario))


def _problem(scenario: Scenario, outcome: Any) -> str:
    """What is not as the row says; empty when all is."""
    expected = scenario.expected
    if expected.error is None:
        if isinstance(outcome, Refused):
            return f"refused, expected to be accepted: {outcome}"
    elif type(outcome).__name__ != expected.error:
        return f"expected {expected.error}, got {outcome!r}"
    elif outcome.status != expected.status:
        return f"expected status {expected.status}, got {outcome!r}"
    for name, value in ({} if scenario.by_hand and not expected.error else expected.outcome).items():
        if _plain(getattr(outcome, name)) != value:
            return f"{name} is {getattr(outcome, name)!r}"
    return ""


def _plain(value: Any) -> Any:
    """A value as YAML states it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return {name: _plain(each) for name, each in value if each is not None}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
