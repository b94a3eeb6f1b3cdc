"""Arranges any provider state: checks its parameters, makes the records that its file says, returns what it says."""

from base64 import b64encode
from collections.abc import Mapping
from difflib import get_close_matches
from secrets import token_urlsafe
from typing import Any, ClassVar, Protocol

from pydantic import ValidationError

from outdial.documents import suggest
from outdial.documents.sentences import keys_of, sentences
from outdial.documents.template import fill, names_in, whole_name
from outdial.provider import Answer, Call
from outdial.provider.exchange import in_json
from outdial.provider.records import new_key
from outdial.provider.request_facts import challenge
from outdial.tables.vocabulary import STATES, StateParameters, States, meets, value_at
from provider_states.kinds import record_kinds

STATES_PATH = "/provider-states"
PARTS = {"state", "params", "action", "consumer", "states"}
"""The keys that Pact's verifiers send; others are let through unless they are nearly one of these."""
Values = Mapping[str, str]
"""What a state returns: ids, numbers and tokens by the names that requests use."""


class Provider(Protocol):
    """Port to a provider under test: the stub's `World`, or an organisation's own API."""

    def add(self, kind: str, key: str, record: Mapping[str, Any]) -> str:
        """Make a record of a kind; return its key: this one, or the one that the provider gave it."""
        ...


class BadState(ValueError):
    """A state, parameter or returned value that does not exist or cannot be chosen; the message names valid ones."""

    exit_code: ClassVar = 4


class ProviderStates:
    """The provider-state vocabulary, arranged in one provider: each record is new, and nothing is shared or reset."""

    def __init__(self, provider: Provider, states: States = STATES) -> None:
        self.provider = provider
        self._states = states
        self._kinds = record_kinds(states)

    def set_up(self, state: Any, params: Any) -> Values:
        """Make what a state says and return its values. Raises `BadState`."""
        if not isinstance(state, str) or state not in self._states:
            raise BadState(f"no provider state {state!r}{suggest(str(state), list(self._states))}")
        model = self._states[state]
        try:
            given = model.model_validate({} if params is None else params)
        except ValidationError as error:
            found = sentences(error, lambda place: place, lambda: keys_of(model))
            problems = "; ".join(f"{'.'.join(map(str, at)) or 'parameters'}: {problem}" for at, problem in found)
            valid = ", ".join(model.model_fields) or "none"
            raise BadState(f"provider state {state!r}: {problems} (parameters: {valid})") from None
        return self.arrange(given, {})

    def answer(self, call: Call) -> Answer:
        """Answer POST {state, params, action} of any Pact verifier with the values of the state.

        A teardown is answered `{}`, since nothing is shared that would need one. A mistake is a 4xx: verifiers retry a
        5xx for minutes.
        """
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
            return in_json(200, dict(self.set_up(change.get("state"), change.get("params"))))
        except BadState as problem:
            return in_json(400, {"error": str(problem)})

    def arrange(self, given: StateParameters, chosen: Mapping[str, str]) -> Values:
        """Make what valid parameters say, with the ids and texts that are `chosen` (by `source_of`), the others new."""
        made = self._arranged(given, chosen, "")
        return {name: made[name] for name in type(given).returns if made[name] is not None}

    def _arranged(self, given: StateParameters, chosen: Mapping[str, str], within: str) -> dict[str, Any]:
        """Return everything that a state's templates can name: parameters, records and returned values."""
        found: dict[str, Any] = {
            name: self._arranged(value, chosen, f"{within}{name}.") if isinstance(value, StateParameters) else value
            for name, value in given
        }
        for name in given.definition.fresh:
            found[name] = chosen.get(f"{within}{name}") or token_urlsafe(32)
        for name, record in given.definition.makes.items():
            kind, attributes = record.kind or name, dict[str, Any]()
            key = chosen.get(f"{within}{name}.id") or new_key(record.key)
            if not record.unless or not meets(given, record.unless):
                said = {attribute: value_of(value, found) for attribute, value in record.attributes.items()}
                attributes = self._kinds[kind].record(said)
                key = self.provider.add(kind, key, attributes)
            found[name] = {**attributes, "id": key}
        return found | {name: value_of(each.value, found) for name, each in given.definition.returns.items()}


def source_of(given: StateParameters, name: str) -> str:
    """Return the id or text that a state returns under a name, as its templates call it. Raises `BadState`."""
    state = given.definition
    if name not in state.returns:
        raise BadState(f"{state.name} returns no {name!r}{suggest(name, list(state.returns))}")
    value = state.returns[name].value
    while isinstance(value, dict) and "choose" in value:
        value = value["from"][value_at(given, whole_name(value["choose"]) or "")]
    source = whole_name(value) or ""
    first, _, rest = source.partition(".")
    if isinstance(part := getattr(given, first, None), StateParameters):
        return f"{first}.{source_of(part, rest)}"
    if source not in (*state.fresh, *(f"{record}.id" for record in state.makes)):
        raise BadState(f"{name!r} is worked out of other values and cannot be chosen")
    return source


def value_of(value: Any, found: Mapping[str, Any]) -> Any:
    """Return an attribute or a returned value; `found` is everything that a state's templates can name so far."""
    match value:
        case {"each": each, "in": group}:
            return frozenset((name, value_of(group, found)) for name in value_of(each, found) or ())
        case {"first": candidates}:
            return next((given for way in candidates if (given := value_of(way, found)) is not None), None)
        case {"choose": choice, "from": values}:
            return value_of(values[value_of(choice, found)], found)
        case {"s256": text}:
            return challenge(value_of(text, found))
        case {"basic": parts}:
            return b64encode(":".join(value_of(part, found) for part in parts).encode()).decode()
        case list():
            return tuple(value_of(each, found) for each in value)
    return fill(value, {name: value_at(found, name) for name in names_in(value)})
