"""Play a row through the consumer's own client, and compare the outcome with the row."""

from typing import Any

from pydantic import BaseModel, SecretStr

from outdial.clients.errors import Refused
from outdial.generation.clients import FOUND
from outdial.tables import Scenario
from outdial.tables.vocabulary import STATES


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
