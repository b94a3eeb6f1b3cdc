"""What both sides may talk about: the provider-state vocabulary and the scenario tables.

Nothing here knows how a provider decides, and nothing here sends a request.
"""

from contracts.clients import Clients, Operation
from contracts.edition_files import TABLES
from contracts.scenario import ExpectedResponse, Request, Scenario
from contracts.suite import load_suite
from contracts.vocabulary import STATES, StateParameters

__all__ = [
    "STATES",
    "TABLES",
    "Clients",
    "ExpectedResponse",
    "Operation",
    "Request",
    "Scenario",
    "StateParameters",
    "load_suite",
]
