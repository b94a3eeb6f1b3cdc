"""Turns a provider state (agent, role, scope, number) into things that exist in a provider."""

from provider_states.application import STATES_PATH, StatesApplication
from provider_states.handlers import BadState, ProviderStates
from provider_states.kinds import load_policies, record_kinds
from provider_states.port import Provider, StubProvider

__all__ = [
    "STATES_PATH",
    "BadState",
    "Provider",
    "ProviderStates",
    "StatesApplication",
    "StubProvider",
    "load_policies",
    "record_kinds",
]
