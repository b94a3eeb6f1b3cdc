"""One handler for each state name: checks the parameters, then asks the provider."""

from typing import Any, ClassVar

from pydantic import ValidationError

from contracts import STATES
from provider_states.port import Provider, Values
from yaml_documents import suggest


class BadState(ValueError):
    """A state that does not exist, or parameters it does not take; the message names the valid ones."""

    exit_code: ClassVar = 4


class ProviderStates:
    """The provider-state vocabulary, arranged in one provider."""

    def __init__(self, provider: Provider) -> None:
        self._arrange = {name: getattr(provider, _method(name)) for name in STATES}

    def set_up(self, state: Any, params: Any) -> Values:
        """Make what a state says and return its values. Raises `BadState`."""
        if not isinstance(state, str) or state not in STATES:
            raise BadState(f"no provider state {state!r}{suggest(str(state), list(STATES))}")
        try:
            given = STATES[state].model_validate({} if params is None else params)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'parameters'}: {each['msg']}" for each in error.errors()
            )
            valid = ", ".join(STATES[state].model_fields) or "none"
            raise BadState(f"provider state {state!r}: {problems} (parameters: {valid})") from None
        values: Values = self._arrange[state](given)
        return values


def _method(state: str) -> str:
    """`an OAuth client` is arranged by `oauth_client`."""
    return "_".join(state.split()[1:]).lower()
