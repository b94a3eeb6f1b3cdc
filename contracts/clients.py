"""What a consumer's code offers, stated plainly, so that a table's names are looked up without importing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.rows import Edition, Table
from yaml_documents import suggest, unknown_keys
from yaml_documents.document import Location

Problem = tuple[Location, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of a client: its arguments with their types, those without a default, its result's attributes."""

    arguments: Mapping[str, Any]
    required: frozenset[str]
    returns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clients:
    """The operations of each client by its class, and the attributes of each error that a refusal may become."""

    operations: Mapping[str, Mapping[str, Operation]]
    errors: Mapping[str, frozenset[str]]

    def problems_of_edition(self, edition: Edition) -> Iterator[Problem]:
        """Errors that are no class, and attributes that the error does not have."""
        for name, refusal in edition.refusals.items():
            if (error := refusal["error"]) not in self.errors:
                yield ("refusals", name, "error"), f"no error {error!r}{suggest(error, self.errors)}"
            else:
                yield from self._raises(error, refusal, ("refusals", name))

    def problems_of_table(self, table: Table, edition: Edition) -> Iterator[Problem]:
        """A client, operation, argument or attribute that does not exist."""
        if (known := self.operations.get(table.client)) is None:
            yield ("client",), f"no client {table.client!r}{suggest(table.client, self.operations)}"
            return
        if (operation := known.get(table.operation)) is None:
            yield (
                ("operation",),
                f"{table.client} has no operation {table.operation!r}{suggest(table.operation, known)}",
            )
            return
        yield from unknown_keys(f"{table.operation} takes no argument", table.call, operation.arguments, ("call",))
        returns = table.accepted.returns
        yield from unknown_keys("the result has no attribute", returns, operation.returns, ("accepted", "returns"))
        for name, change in table.refusals.items():
            if name in edition.refusals:
                yield from self._raises(edition.refusals[name]["error"], change, ("refusals", name))
        for at, row in enumerate(table.scenarios):
            place: Location = ("scenarios", at)
            yield from unknown_keys(
                f"{table.operation} takes no argument", row.call, operation.arguments, (*place, "call")
            )
            if isinstance(row.expect, dict) and (refusal := edition.refusals.get(row.expect["refusal"])):
                yield from self._raises(refusal["error"], row.expect, (*place, "expect"))

    def _raises(self, error: str, refusal: Mapping[str, Any], at: Location) -> Iterator[Problem]:
        valid = self.errors.get(error, frozenset())
        if valid:
            yield from unknown_keys(f"{error} has no attribute", refusal.get("raises", {}), valid, (*at, "raises"))
