"""Provider states over HTTP, for any Pact verifier: POST {state, params, action}, answered by the returned values."""

from difflib import get_close_matches

from outdial.provider import Answer, Call
from outdial.provider.exchange import in_json
from provider_states.handlers import BadState, ProviderStates

STATES_PATH = "/provider-states"
PARTS = {"state", "params", "action", "consumer", "states"}
"""The keys that Pact's verifiers send; others are let through unless they are nearly one of these."""


class StatesApplication:
    """Answers state changes. A mistake in one is answered 4xx at once: a 5xx would be retried for minutes."""

    def __init__(self, states: ProviderStates) -> None:
        self._states = states

    def answer(self, call: Call) -> Answer:
        """The values of a state; `{}` for a teardown, since nothing is shared that would need one."""
        if call.method != "POST":
            return in_json(405, {"error": "provider states are changed by POST {state, params, action}"})
        form, change = call.json
        if form != "object":
            return in_json(400, {"error": "expected a JSON object {state, params, action}"})
        for key in change.keys() - PARTS:
            if near := get_close_matches(key, PARTS, n=1, cutoff=0.7):
                return in_json(400, {"error": f"unknown key {key!r} - did you mean {near[0]!r}?"})
        action = change.get("action", "setup")
        if action == "teardown":
            return in_json(200, {})
        if action != "setup":
            return in_json(400, {"error": f"action {action!r} is not known. Valid: setup, teardown"})
        try:
            return in_json(200, dict(self._states.set_up(change.get("state"), change.get("params"))))
        except BadState as problem:
            return in_json(400, {"error": str(problem)})
