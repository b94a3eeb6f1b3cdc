"""Pact files: one typed model of a pact, read from any tool's file, cut, joined; secrets hidden."""

from outdial.folders import PACTS
from outdial.pact_files.pact import (
    BadPact,
    Body,
    Interaction,
    Pact,
    Request,
    Response,
    State,
    read_interaction,
    read_interactions,
    read_pacts,
)  # fmt: skip

__all__ = [
    "PACTS", "BadPact", "Body", "Interaction", "Pact", "Request", "Response", "State", "read_interaction",
    "read_interactions", "read_pacts",
]  # fmt: skip
