"""Description of a consumer's code, so that tables are checked without importing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from outdial.documents import suggest, unknown_keys
from outdial.documents.document import Location
from outdial.tables.table import Table

Problem = tuple[Location, str]


@dataclass(frozen=True, slots=True)
class ClientOperation:
    """One method of a client: its arguments with their types, those without a default, its result's attributes.

    `result` is the type of the result.
    """

    arguments: Mapping[str, Any]
    required: frozenset[str]
    returns: frozenset[str]
    result: Any = None

    def values(self) -> Iterator[tuple[str, Any]]:
        """The attributes of the result with their types, `call.id` for one inside another, of a list
        those of its first (`events.0.type`)."""
        return _values(self.result, "")

    def unknown_attribute(self, path: str) -> str | None:
        """Return the problem of a path into a result (`participants.*.state`: any item), else None."""
        kind = _plain(self.result)
        for step in path.split("."):
            if (found := _inside(kind, step)) is Any:
                return None
            if found is None:
                known = kind.model_fields if _is_model(kind) else ["*"] if _is_list(kind) else ()
                return f"the result has no attribute {path!r}{suggest(step, list(known))}"
            kind = found
        return None


@dataclass(frozen=True, slots=True)
class Clients:
    """The operations of each client by its class, and the attributes of each error that a refusal may become.

    `authorized` are the clients that send an access token.
    """

    operations: Mapping[str, Mapping[str, ClientOperation]]
    errors: Mapping[str, frozenset[str]]
    authorized: frozenset[str] = frozenset()

    def problems_of(self, table: Table) -> Iterator[Problem]:
        """Yield each client, operation, argument, error or attribute of a table that the consumer's code lacks."""
        if (known := self.operations.get(table.client)) is None:
            yield ("client",), f"invalid client {table.client!r}{suggest(table.client, self.operations)}"
            return
        for name, answer in table.answers.items():
            if answer.error not in self.errors:
                yield (
                    ("answers", name, "error"),
                    f"invalid error {answer.error!r}{suggest(answer.error, self.errors)}",
                )
            yield from self._raises(answer.error, answer.raises, ("answers", name, "raises"))
        for name, operation in table.operations.items():
            if (method := known.get(name)) is None:
                yield ("operations", name), f"{table.client} has no method {name!r}{suggest(name, known)}"
                continue
            taken = f"{name} takes no argument"
            yield from unknown_keys(taken, operation.call, method.arguments, ("operations", name, "call"))
            returns, at = operation.accepted.returns, ("operations", name, "accepted", "returns")
            yield from unknown_keys("the result has no attribute", returns, method.returns, at)
            for section, rows in (("accepted", table.accepted), ("refused", table.refused)):
                for row_id, row in rows.items():
                    if name in (row.for_ or table.operations):
                        place = (section, row_id)
                        yield from unknown_keys(taken, row.call, method.arguments, (*place, "call"))
                        lacks = "the result has no attribute"
                        yield from unknown_keys(
                            lacks, row.expect.returns, method.returns, (*place, "expect", "returns")
                        )
        for row_id, refused in table.refused.items():
            if found := table.answers.get(refused.answer):
                yield from self._raises(found.error, refused.expect.raises, ("refused", row_id, "expect", "raises"))

    def _raises(self, error: str, raises: Mapping[str, Any], at: Location) -> Iterator[Problem]:
        if valid := self.errors.get(error, frozenset()):
            yield from unknown_keys(f"{error} has no attribute", raises, valid, at)


def _plain(kind: Any) -> Any:
    """A type without what may be absent and what only annotates."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    some = [each for each in get_args(kind) if each is not NoneType]
    return _plain(some[0]) if NoneType in get_args(kind) and len(some) == 1 else kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple)


def _inside(kind: Any, step: str) -> Any:
    """The type of an attribute, or of the items of a list (`*`, or a position); None where there is none."""
    if _is_model(kind):
        field = kind.model_fields.get(step)
        return _plain(field.annotation) if field else None
    if _is_list(kind):
        return _plain(get_args(kind)[0]) if step == "*" or step.isdecimal() else None
    return Any if kind is Any or get_origin(kind) is dict else None


def _values(kind: Any, at: str) -> Iterator[tuple[str, Any]]:
    if not _is_model(kind := _plain(kind)):
        return
    for name, field in kind.model_fields.items():
        inner = _plain(field.annotation)
        yield f"{at}{name}", inner
        if _is_list(inner):
            yield from _values(get_args(inner)[0], f"{at}{name}.0.")
        yield from _values(inner, f"{at}{name}.")
