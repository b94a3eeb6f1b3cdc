"""Arranges any provider state: checks its parameters, makes the records that its file says, returns what it says."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, ClassVar

from pydantic import ValidationError

from outdial.documents import suggest
from outdial.tables.vocabulary import STATES, StateParameters, States, meets
from provider_states.called import NEW, Called
from provider_states.kinds import record_kinds
from provider_states.port import Provider
from provider_states.values import value_of

Values = Mapping[str, str]
"""What a state returns: ids, numbers and tokens by the names that requests use."""


class BadState(ValueError):
    """A state that does not exist, or parameters it does not take; the message names the valid ones."""

    exit_code: ClassVar = 4


class ProviderStates:
    """The provider-state vocabulary, arranged in one provider."""

    def __init__(self, provider: Provider, states: States = STATES) -> None:
        self._provider = provider
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
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'parameters'}: {each['msg']}" for each in error.errors()
            )
            valid = ", ".join(model.model_fields) or "none"
            raise BadState(f"provider state {state!r}: {problems} (parameters: {valid})") from None
        return self.arrange(given, NEW)

    def restore(self, kind: str, key: str, attributes: Mapping[str, Any]) -> None:
        """Make a record of a saved world."""
        self._provider.make(kind, "uuid", self._kinds[kind].record(attributes), key)

    def arrange(self, given: StateParameters, called: Called) -> Values:
        """Make what valid parameters say, with the ids and texts that are `called` and new ones for the rest."""
        made, model = self._arranged(given, called), type(given)
        return {name: made[name] for name in model.returns if made[name] is not None}

    def _arranged(self, given: StateParameters, called: Called) -> dict[str, Any]:
        """Everything that a state's templates can name: parameters, records and returned values."""
        found: dict[str, Any] = {
            name: self._arranged(value, called.parts.get(name, NEW)) if isinstance(value, StateParameters) else value
            for name, value in given
        }
        found |= {name: called.fresh.get(name) or token_urlsafe(32) for name in given.definition.fresh}
        for name, record in given.definition.makes.items():
            kind, attributes = record.kind or name, None
            if not record.unless or not meets(given, record.unless):
                said = {attribute: value_of(value, found) for attribute, value in record.attributes.items()}
                attributes = self._kinds[kind].record(said)
            found[name] = {
                **(attributes or {}),
                "id": self._provider.make(kind, record.key, attributes, called.keys.get(name)),
            }
        return found | {name: value_of(each.value, found) for name, each in given.definition.returns.items()}
