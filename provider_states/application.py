"""Provider states over HTTP, for any Pact verifier: POST {state, params, action}, answered by the returned values."""

import json
from difflib import get_close_matches
from typing import Any

from outdial.provider import Answer, Call
from provider_states.handlers import BadState, ProviderStates

STATES_PATH = "/provider-states"
PARTS = {"state", "params", "action", "consumer", "states"}
"""The keys that Pact's verifiers send; others are let through unless they are nearly one of these."""
JSON = {"Content-Type": "application/json"}


class StatesApplication:
    """Answers state changes. A mistake in one is answered 4xx at once: a 5xx would be retried for minutes."""

    def __init__(self, states: ProviderStates) -> None:
        self._states = states

    def answer(self, call: Call) -> Answer:
        """The values of a state; `{}` for a teardown, since nothing is shared that would need one."""
        if call.method != "POST":
            return _refused(405, "provider states are changed by POST {state, params, action}")
        form, change = call.json
        if form != "object":
            return _refused(400, "expected a JSON object {state, params, action}")
        for key in change.keys() - PARTS:
            if near := get_close_matches(key, PARTS, n=1, cutoff=0.7):
                return _refused(400, f"unknown key {key!r} - did you mean {near[0]!r}?")
        action = change.get("action", "setup")
        if action == "teardown":
            return _values({})
        if action != "setup":
            return _refused(400, f"action {action!r} is not known. Valid: setup, teardown")
        try:
            return _values(dict(self._states.set_up(change.get("state"), change.get("params"))))
        except BadState as problem:
            return _refused(400, str(problem))


def _values(values: dict[str, Any]) -> Answer:
    return Answer(200, JSON, json.dumps(values).encode())


def _refused(status: int, message: str) -> Answer:
    return Answer(status, JSON, json.dumps({"error": message}).encode())
