"""The committed policies, rows and pacts, read once for all tests."""

from functools import cache

from outdial.pact_files import PACTS, Interaction, read_interactions
from outdial.provider import Application, Policy, World
from outdial.tables import Scenario, load_suite
from provider_states import ProviderStates
from provider_states import load_policies as read


@cache
def policies() -> dict[str, Policy]:
    """Every policy by its edition."""
    return read()


@cache
def suite() -> tuple[Scenario, ...]:
    """Every row of the tables."""
    return tuple(load_suite())


@cache
def interactions() -> tuple[Interaction, ...]:
    """Every interaction of the pacts."""
    return tuple(read_interactions([PACTS]))


def stub_here(**edited: Policy) -> tuple[Application, ProviderStates]:
    """A stub in this process, with a world of its own, and its states."""
    application = Application({**policies(), **edited}, World())
    return application, ProviderStates(application.world)
