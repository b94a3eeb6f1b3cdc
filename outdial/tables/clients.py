"""Description of a consumer's code, so that tables are checked without importing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outdial.documents import suggest, unknown_keys
from outdial.documents.document import Location, Problem
from outdial.tables.table import Table


@dataclass(frozen=True, slots=True)
class ClientOperation:
    """One method of a client: its arguments with their types, those without a default, its result's attributes."""

    arguments: Mapping[str, Any]
    required: frozenset[str]
    returns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clients:
    """The operations of each client by its class, and the attributes of each error that a refusal may become."""

    operations: Mapping[str, Mapping[str, ClientOperation]]
    errors: Mapping[str, frozenset[str]]

    def problems_of(self, table: Table) -> Iterator[Problem]:
        """Yield each client, operation, argument, error or attribute of a table that the consumer's code lacks."""
        if (known := self.operations.get(table.client)) is None:
            yield ("client",), f"invalid client {table.client!r}{suggest(table.client, self.operations)}"
            return
        for name, answer in table.answers.items():
            if answer.error not in self.errors:
                problem = f"invalid error {answer.error!r}{suggest(answer.error, self.errors)}"
                yield ("answers", name, "error"), problem
            yield from self._raised(answer.error, answer.raises, ("answers", name, "raises"))
        for name, operation in table.operations.items():
            if name not in known:
                yield ("operations", name), f"{table.client} has no method {name!r}{suggest(name, known)}"
                continue
            call = ("operations", name, "call")
            yield from unknown_keys(f"{name} takes no argument", operation.call, known[name].arguments, call)
            returns, at = operation.accepted.returns, ("operations", name, "accepted", "returns")
            yield from unknown_keys("the result has no attribute", returns, known[name].returns, at)
        for place, row in table.rows():
            for name in [each for each in row.for_ or table.operations if each in known]:
                yield from unknown_keys(f"{name} takes no argument", row.call, known[name].arguments, (*place, "call"))
                returns, at = row.expect.returns, (*place, "expect", "returns")
                yield from unknown_keys("the result has no attribute", returns, known[name].returns, at)
        for row_id, refused in table.refused.items():
            if found := table.answers.get(refused.answer):
                yield from self._raised(found.error, refused.expect.raises, ("refused", row_id, "expect", "raises"))

    def _raised(self, error: str, raises: Mapping[str, Any], at: Location) -> Iterator[Problem]:
        if valid := self.errors.get(error, frozenset()):
            yield from unknown_keys(f"{error} has no attribute", raises, valid, at)
