"""What both sides may talk about: the provider-state vocabulary and the scenario tables.

Nothing here knows how a provider decides, and nothing here sends a request. Each name is imported when it is first
asked for: whoever reads a definition need not wait for everything that checks tables.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outdial.tables.clients import ClientOperation, Clients
    from outdial.tables.edition_files import TABLES
    from outdial.tables.scenario import ExpectedResponse, RowRequest, Scenario
    from outdial.tables.suite import load_suite
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
WHERE = {
    **dict.fromkeys(("Clients", "ClientOperation"), "clients"),
    **dict.fromkeys(("ExpectedResponse", "RowRequest", "Scenario"), "scenario"),
    **dict.fromkeys(("STATES", "StateParameters"), "vocabulary"),
    "TABLES": "edition_files",
    "load_suite": "suite",
}


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{WHERE[name]}"), name)
    return value
