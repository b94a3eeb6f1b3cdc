"""Makes complete scenarios from one table: head plus row, every name in them known."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from outdial.documents import Document, Together, suggest, unknown_keys
from outdial.documents.document import Location
from outdial.documents.template import fill, names_in, unknown_names
from outdial.tables.clients import Clients, Problem
from outdial.tables.matching import example, misstated
from outdial.tables.merging import Contradiction, both, merged
from outdial.tables.rows import Edition, Row, Table
from outdial.tables.scenario import ExpectedResponse, RowRequest, Scenario
from outdial.tables.vocabulary import STATES

CHANGES = ("given", "request", "by_hand")
BODY = "${body}"
"""The argument of a call that is the request's body."""
"""What a row changes of the table's head."""


def problems_of_edition(edition: Edition) -> Iterator[Problem]:
    """Matchers that do not work, and fills that the edition's shape does not ask for."""
    shape = {"headers": edition.shape.headers, "body": edition.shape.body}
    yield from misstated(shape, ("shape",))
    fills = {name for refusal in edition.refusals.values() for name in refusal.get("fills", {})}
    unfilled = list(unknown_names(shape, fills, ("shape",)))
    if unfilled and not fills <= names_in(shape):  # one misspelling in the shape, and not one in each refusal
        yield from unfilled
        return
    for name, refusal in edition.refusals.items():
        yield from _problems_of_refusal(edition, refusal, ("refusals", name))


def _problems_of_refusal(edition: Edition, refusal: Mapping[str, Any], at: Location) -> Iterator[Problem]:
    fills = refusal.get("fills", {})
    asked = names_in([edition.shape.headers, edition.shape.body])
    yield from unknown_keys("the edition's shape has no", fills, asked, (*at, "fills"))
    for part in ("fills", "headers", "body"):
        for name, value in refusal.get(part, {}).items():
            yield from misstated(value, (*at, part, name))


class TableScenarios:
    """The scenarios of one table; names of the consumer's code are looked up where its clients are given."""

    def __init__(self, edition: Edition, table: Table, document: Document, clients: Clients | None) -> None:
        self.edition = edition
        self.table = table
        self.document = document
        self.clients = clients
        self.prefix = f"{edition.provider}/{table.operation}/"
        self.rows: dict[str, tuple[Location, Row]] = {}
        for at, row in enumerate(table.scenarios):
            self.rows.setdefault(row.id, (("scenarios", at), row))

    def ids(self) -> Iterator[str]:
        """What the rows are called, those repeated as another caller, and the order pairs."""
        yield from self.rows
        yield from (_repeated(name, again.as_) for again in self.table.also for name in again.rows)
        yield from (_ordered(*pair) for pair in (self.table.order.pairs if self.table.order else ()))

    def scenarios(self, wanted: Collection[str] | None = None) -> list[Scenario]:
        """Every row, or those of the `wanted` case ids. Raises `DocumentError` with all mistakes."""
        scenarios, found = [], Together()

        def out(row_id: str) -> bool:
            return wanted is not None and f"{self.prefix}{row_id}" not in wanted

        for where, problem in self._problems():
            with found:
                raise self.document.error(where, problem)
        found.raise_found()
        self._check_given((), self.table.given)
        for location, row in self.rows.values():
            if not out(row.id):
                with found:
                    scenarios.append(self._scenario(location, row))
        sound = not found
        for each, again in enumerate(self.table.also):
            for at, name in enumerate(again.rows):
                if out(_repeated(name, again.as_)):
                    continue
                at_row: Location = ("also", each, "rows", at)
                with found:
                    base, row = self._row(("also", each, "as"), again.as_), self._row(at_row, name)
                    if not _is_accepted(base) or _is_accepted(row):
                        raise self.document.error(at_row, "refused rows are repeated as a change of an accepted one")
                    if sound:
                        title = f"{_title(row)}, {_title(base)}"
                        told = {"title": title, "basis": again.basis, "source": again.source}
                        told["id"] = _repeated(name, again.as_)
                        scenarios.append(self._scenario(at_row, row.model_copy(update=told), base))
        for at, pair in enumerate(self.table.order.pairs if self.table.order else ()):
            if out(_ordered(*pair)):
                continue
            place: Location = ("order", "pairs", at)
            with found:
                row = self._both_broken(place, *pair)
                if sound:
                    scenarios.append(self._scenario(place, row))
        found.raise_found()
        return scenarios

    def _problems(self) -> Iterator[Problem]:
        """What is wrong with the head or with a row by itself."""
        table, known = self.table, self.edition.refusals
        for at, row in enumerate(table.scenarios):
            place: Location = ("scenarios", at)
            if self.rows[row.id][0] != place:
                yield (*place, "id"), f"row {row.id!r} stands twice"
            name = row.expect if isinstance(row.expect, str) else row.expect["refusal"]
            if name not in known and name != "accepted":
                spot = (*place, "expect", *(("refusal",) if isinstance(row.expect, dict) else ()))
                yield spot, f"no refusal {name!r}{suggest(name, ['accepted', *known])}"
            elif name == "accepted" and isinstance(row.expect, dict):
                for part in row.expect.keys() & {"fills", "raises"}:
                    yield (*place, "expect", part), f"an accepted row has no {part}"
            elif isinstance(row.expect, dict):
                for part in row.expect.keys() & {"status", "returns"}:
                    yield (*place, "expect", part), f"a refused row has no {part} of its own"
                yield from _problems_of_refusal(self.edition, row.expect, (*place, "expect"))
            yield from misstated(row.request.get("body"), (*place, "request", "body"))
        if len(accepted := {_is_accepted(row) for row in table.scenarios}) == 1:
            missing = "refused" if accepted == {True} else "accepted"
            yield ("scenarios",), f"no row is {missing}; a contract needs both"
        yield from unknown_keys("the edition has no refusal", table.refusals, known, ("refusals",))
        for name, change in table.refusals.items():
            yield from _problems_of_refusal(self.edition, change, ("refusals", name))
        for part in ("method", "path"):
            if part not in table.request:
                yield ("request",), f"a table's request has a {part}"
        yield from misstated(table.request.get("body"), ("request", "body"))
        yield from misstated({"headers": table.accepted.headers, "body": table.accepted.body}, ("accepted",))
        if self.clients:
            yield from self.clients.problems_of_table(table, self.edition)

    def _both_broken(self, location: Location, first: str, second: str) -> Row:
        answers, silent = (self._row((*location, at), name) for at, name in enumerate((first, second)))
        if _is_accepted(answers) or _is_accepted(silent):
            raise self.document.error(location, "an order pair takes two refused rows")
        own, others = (
            {part: getattr(row, part) for part in CHANGES if part in row.model_fields_set} for row in (answers, silent)
        )
        try:
            together = both(own, others) | {"call": self._called([answers, silent])}
        except Contradiction as problem:
            raise self.document.error(location, f"{first} and {second} cannot both be broken: {problem}") from None
        order = self.table.order
        assert order is not None
        title = " and ".join(map(_title, (answers, silent)))
        told = {"id": _ordered(first, second), "title": title, "basis": order.basis, "source": order.source}
        return answers.model_copy(update={**together, **told})

    def _called(self, rows: Sequence[Row]) -> dict[str, Any]:
        """What rows change of the call together. Where several change the body, none of them spells all of it: the
        argument that is the body is the head's again."""
        call = {name: value for each in rows for name, value in each.call.items()}
        if sum("body" in each.request for each in rows) > 1:
            call |= {name: value for name, value in self.table.call.items() if value == BODY}
        return call

    def _row(self, location: Location, name: str) -> Row:
        if name not in self.rows:
            raise self.document.error(location, f"no row {name!r}{suggest(name, self.rows)}")
        return self.rows[name][1]

    def _scenario(self, location: Location, row: Row, base: Row | None = None) -> Scenario:
        """A row as a change of the head, or of another row."""
        table = self.table
        changes = [row] if base is None else [base, row]
        expected = self._expected(location, row)
        if (expected.refusal is None) != (row.because is None):
            problem = (
                "an accepted row has no `because`" if row.because else "a refused row says `because` of which condition"
            )
            raise self.document.error((*location, "because"), problem)
        given = merged(table.given, *(each.given for each in changes))
        self._check_given(location, given)
        request = self._request(location, changes)
        returned = {value for name in given for value in STATES[name].returns}
        call = merged(table.call, self._called(changes))
        sent = {"path": request.path, "query": request.query, "headers": request.headers, "body": request.body}
        answer = {"headers": expected.headers, "body": expected.body}
        for part, template, known in (
            ("request", sent, returned),
            ("call", call, {*returned, "body"}),
            ("accepted" if expected.refusal is None else "expect", answer, returned),
        ):
            for place, problem in unknown_names(template, known, (part,)):
                raise self._error(location, place, f"{problem}; they are what the states of this row return")
        return Scenario(
            case_id=f"{self.prefix}{row.id}",
            description=f"{table.summary}: {_title(row)}",
            consumer=table.consumer,
            provider=self.edition.provider,
            client=table.client,
            operation=table.operation,
            given=given,
            request=request,
            call=call if row.by_hand else self._arguments(location, call, request.body),
            by_hand=row.by_hand,
            expected=expected,
            because=row.because,
            basis=row.basis or table.basis,
            source=row.source or table.source,
            document=self.document,
            location=location,
        )

    def _places(self, location: Location, place: Location) -> tuple[Location, ...]:
        """Where a value of a row may stand: in the row, or else in the head."""
        return (location,) if location[:1] in {("order",), ("also",)} else ((*location, *place), place)

    def _error(self, location: Location, place: Location, problem: str) -> Exception:
        first, *others = self._places(location, place)
        return self.document.error(first, problem, *others)

    def _check_given(self, location: Location, given: Mapping[str, Any]) -> None:
        for name, parameters in given.items():
            if name not in STATES:
                raise self._error(location, ("given", name), f"no provider state {name!r}{suggest(name, STATES)}")
            self.document.validate(STATES[name], parameters, *self._places(location, ("given", name)))

    def _request(self, location: Location, changes: list[Row]) -> RowRequest:
        whole = merged(self.table.request, *(each.request for each in changes))
        for part in ("method", "path"):
            if part not in whole:
                raise self.document.error((*location, "request", part), f"a request has a {part}")
        headers = {name: value for name, value in whole.get("headers", {}).items() if value is not None}
        return RowRequest(whole["method"], whole["path"], headers, whole.get("body"), whole.get("query", {}))

    def _arguments(self, location: Location, call: Mapping[str, Any], body: Any) -> Mapping[str, Any]:
        """The arguments of the call, of the types that the operation takes."""
        if not self.clients:
            return call
        operation = self.clients.operations[self.table.client][self.table.operation]
        for name in sorted(operation.required - call.keys()):
            raise self._error(location, ("call",), f"{self.table.operation} takes {name!r}, which is missing")
        values = {**STATES.examples, "body": example(body)}
        arguments = {}
        for name, value in call.items():
            place: Location = ("request", "body") if value == BODY else ("call", name)
            places = self._places(location, place)
            arguments[name] = self.document.validate(operation.arguments[name], fill(value, values), *places)
        return arguments

    def _expected(self, location: Location, row: Row) -> ExpectedResponse:
        change: dict[str, Any] = dict(row.expect) if isinstance(row.expect, dict) else {"refusal": row.expect}
        name = change.pop("refusal")
        if name == "accepted":
            answer = self.table.accepted
            headers = {**answer.headers, **change.get("headers", {})}
            body = merged(answer.body, change["body"]) if "body" in change else answer.body
            returns = {**answer.returns, **change.get("returns", {})}
            return ExpectedResponse(change.get("status", answer.status), headers, body, None, None, returns)
        refusal = merged(self.edition.refusals[name], self.table.refusals.get(name, {}), change)
        shape = self.edition.shape
        try:
            shaped = (shape.headers, shape.body, shape.raises)
            headers, body, raises = (fill(part, refusal.get("fills", {})) for part in shaped)
        except KeyError as missing:
            problem = f"the edition's shape asks for ${{{missing.args[0]}}}, and {name!r} does not fill it"
            raise self.document.error((*location, "expect"), problem) from None
        headers |= refusal.get("headers", {})
        raises |= refusal.get("raises", {})
        body = merged(body, refusal["body"]) if "body" in refusal else body
        return ExpectedResponse(refusal["status"], headers, body, name, refusal["error"], raises)


def _repeated(row_id: str, accepted: str) -> str:
    return f"{row_id}-as-{accepted}"


def _ordered(first: str, second: str) -> str:
    return f"{first}-before-{second}"


def _title(row: Row) -> str:
    return row.title or row.id.replace("-", " ")


def _is_accepted(row: Row) -> bool:
    return (row.expect["refusal"] if isinstance(row.expect, dict) else row.expect) == "accepted"
