"""Pact files: one typed model of a pact, read from any tool's file, cut, joined; secrets hidden."""

from outdial.pact_files.model import PACTS, BadPact, Body, Interaction, Pact, Request, Response, State
from outdial.pact_files.reading import read_interaction, read_interactions, read_pacts

__all__ = [
    "PACTS", "BadPact", "Body", "Interaction", "Pact", "Request", "Response", "State", "read_interaction",
    "read_interactions", "read_pacts",
]  # fmt: skip
