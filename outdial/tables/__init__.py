"""Decision tables, provider states, questions and recorded answers: what both sides of a contract may talk about.

Example: `load_suite()` returns every row of `contracts/tables`.
"""

from outdial.tables.clients import ClientOperation, Clients
from outdial.tables.reading import TABLES, load_suite
from outdial.tables.scenario import ExpectedResponse, RowRequest, Scenario
from outdial.tables.vocabulary import STATES, StateParameters

__all__ = [
    "STATES",
    "TABLES",
    "ClientOperation",
    "Clients",
    "ExpectedResponse",
    "RowRequest",
    "Scenario",
    "StateParameters",
    "load_suite",
]
