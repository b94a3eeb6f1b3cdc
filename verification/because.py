"""Proves `because`: two rules with one answer cannot be told apart over HTTP, so the stub is asked without it."""

from collections.abc import Iterable, Mapping

from pact_files import Interaction
from provider_states import ProviderStates, StubProvider
from provider_stub import Application, Policy, World
from replay.replay import refused_for_another_reason
from verification.background import Key, key_of


def other_reasons(interactions: Iterable[Interaction], policies: Mapping[str, Policy]) -> dict[Key, str]:
    """What is wrong with the `because` of each row that another rule of its own provider refuses, or none."""
    application = Application(policies, World())
    states = ProviderStates(StubProvider(application.world))
    found = ((each, refused_for_another_reason(each, application, states)) for each in interactions)
    return {key_of(interaction): str(reason) for interaction, reason in found if reason}
