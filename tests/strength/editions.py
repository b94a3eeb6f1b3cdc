"""The committed editions with their rows, loaded once for all tests of the measure."""

from functools import cache
from pathlib import Path

from outdial.pact_files import Interaction, read_interactions
from outdial.strength.judge import ArrangedRow, arranged
from outdial.strength.measure import Strength, heads, measure
from outdial.strength.mutants import Mutant, mutants_of
from outdial.strength.tables import Tables
from provider_states import load_policies

ROOT = Path(__file__).parent.parent.parent
POLICIES = load_policies()
INTERACTIONS = read_interactions([ROOT / "pacts"])
TABLES = Tables()


def rows_of(provider: str) -> list[Interaction]:
    """The interactions of an edition."""
    return [each for each in INTERACTIONS if each.provider == provider]


@cache
def arranged_rows(provider: str) -> list[ArrangedRow]:
    """The same, set up."""
    return arranged(rows_of(provider), POLICIES[provider])


@cache
def baselines(provider: str) -> dict[str, ArrangedRow]:
    """The smallest accepted caller of each operation of an edition."""
    return heads(arranged_rows(provider), TABLES)


@cache
def strength_of(provider: str) -> Strength:
    """The measure of an edition as committed."""
    return measure(POLICIES[provider], rows_of(provider), TABLES, mutants(provider).values())


@cache
def mutants(provider: str) -> dict[str, Mutant]:
    """The mutants of an edition by name."""
    return {mutant.name: mutant for mutant in mutants_of(POLICIES[provider], POLICIES)}
