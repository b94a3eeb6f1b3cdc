"""Turns a provider state (agent, role, scope, number) into things that exist in a provider."""

from provider_states.handlers import STATES_PATH, BadState, ProviderStates
from provider_states.kinds import EditionsOnDemand, load_policies, record_kinds
from provider_states.world_file import WORLD_PATH, answer_world, make_world

__all__ = [
    "STATES_PATH",
    "WORLD_PATH",
    "BadState",
    "EditionsOnDemand",
    "ProviderStates",
    "answer_world",
    "load_policies",
    "make_world",
    "record_kinds",
]
