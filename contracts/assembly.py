"""Makes complete scenarios from one table: head plus row, checked against the state vocabulary."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.merging import Conflict, both, merged
from contracts.rows import Edition, Expect, Refusal, RequestPart, Row, Table
from contracts.scenario import ExpectedResponse, Request, Scenario
from contracts.states import STATES
from yaml_documents import Document, suggest
from yaml_documents.document import Location
from yaml_documents.template import fill, names_in


class TableScenarios:
    """The scenarios of one table."""

    def __init__(self, edition: Edition, table: Table, document: Document) -> None:
        self.edition = edition
        self.table = table
        self.document = document
        self.rows = {row.id: (("scenarios", at), row) for at, row in enumerate(table.scenarios)}

    def all(self) -> Iterator[Scenario]:
        """Every row, then every order pair. Raises `DocumentError`."""
        if len(self.rows) < len(self.table.scenarios):
            ids = [row.id for row in self.table.scenarios]
            at = next(at for at, name in enumerate(ids) if name in ids[:at])
            raise self.document.error(("scenarios", at, "id"), f"row {ids[at]!r} stands twice")
        accepted = {row.expect == "accepted" for row in self.table.scenarios}
        if accepted != {True, False}:
            missing = "refused" if accepted == {True} else "accepted"
            raise self.document.error(("scenarios",), f"no row is {missing}; a contract needs both")
        for name in self.table.refusals:
            if name not in self.edition.refusals:
                hint = suggest(name, list(self.edition.refusals))
                raise self.document.error(("refusals", name), f"the edition has no refusal {name!r}{hint}")
        for location, row in self.rows.values():
            yield self._scenario(location, row)
        for at, pair in enumerate(self.table.order.pairs if self.table.order else ()):
            yield self._scenario(("order", "pairs", at), self._both_broken(("order", "pairs", at), *pair))

    def _both_broken(self, location: Location, first: str, second: str) -> Row:
        for name in (first, second):
            if name not in self.rows:
                raise self.document.error(location, f"no row {name!r}{suggest(name, list(self.rows))}")
        (_, answers), (_, silent) = self.rows[first], self.rows[second]
        if "accepted" in (answers.expect, silent.expect):
            raise self.document.error(location, "an order pair takes two refused rows")
        changed = {"given", "request", "call", "by_hand"}
        try:
            merged_change = both(
                answers.model_dump(include=changed, exclude_unset=True),
                silent.model_dump(include=changed, exclude_unset=True),
            )
        except Conflict as conflict:
            raise self.document.error(location, f"{first} and {second} cannot both be broken: {conflict}") from None
        titles = [row.title or row.id.replace("-", " ") for row in (answers, silent)]
        order = self.table.order
        assert order is not None
        return Row.model_validate(
            {
                **merged_change,
                "id": f"{first}-before-{second}",
                "title": " and ".join(titles),
                "expect": answers.expect,
                "because": answers.because,
                "basis": order.basis,
                "source": order.source,
            }
        )

    def _scenario(self, location: Location, row: Row) -> Scenario:
        table = self.table
        given = self._given(location, merged(table.given, row.given))
        request = self._request(row)
        call = merged(table.call, row.call)
        unknown = names_in([request.path, dict(request.headers), request.body]) - _returned(given)
        if unknown:
            name = min(unknown)
            raise self.document.error(
                (*location, "request"),
                f"${{{name}}} is returned by no state of this row{suggest(name, sorted(_returned(given)))}",
            )
        expected = self._expected(location, row)
        if (expected.refusal is None) != (row.because is None):
            problem = (
                "an accepted row has no `because`" if row.because else "a refused row says `because` of which condition"
            )
            raise self.document.error(location, problem)
        return Scenario(
            case_id=f"{self.edition.provider}/{table.operation}/{row.id}",
            description=f"{table.summary}: {row.title or row.id.replace('-', ' ')}",
            consumer=table.consumer,
            provider=self.edition.provider,
            client=table.client,
            operation=table.operation,
            given=given,
            request=request,
            call=call,
            by_hand=row.by_hand,
            expected=expected,
            because=row.because,
            basis=row.basis or table.basis,
            source=row.source or table.source,
            file=self.document.path,
            line=self.document.line(location),
        )

    def _given(self, location: Location, given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        for name, parameters in given.items():
            place = (*location, "given", name)
            if place not in self.document.lines:
                place = ("given", name) if ("given", name) in self.document.lines else location
            if name not in STATES:
                raise self.document.error(place, f"no provider state {name!r}{suggest(name, list(STATES))}")
            self.document.validate(STATES[name], parameters, place)
        return {name: dict(parameters) for name, parameters in given.items()}

    def _request(self, row: Row) -> Request:
        head, change = (part.model_dump(exclude_unset=True) for part in (self.table.request, row.request))
        part = RequestPart.model_validate(merged(head, change))
        if part.method is None or part.path is None:
            raise self.document.error(("request",), "a table's request has a method and a path")
        headers = {name: value for name, value in part.headers.items() if value is not None}
        return Request(part.method, part.path, headers, part.body)

    def _expected(self, location: Location, row: Row) -> ExpectedResponse:
        expect = Expect(refusal=row.expect) if isinstance(row.expect, str) else row.expect
        if expect.refusal == "accepted":
            answer = self.table.accepted
            return ExpectedResponse(answer.status, answer.headers, answer.body, None, None, answer.returns)
        known = self.edition.refusals
        if expect.refusal not in known:
            valid = ["accepted", *known]
            raise self.document.error(
                (*location, "expect"), f"no refusal {expect.refusal!r}{suggest(expect.refusal, valid)}"
            )
        whole = known[expect.refusal].model_dump()
        for change in (self.table.refusals.get(expect.refusal), expect):
            if change is not None:
                whole = merged(whole, change.model_dump(exclude_unset=True, exclude={"refusal"}))
        refusal = Refusal.model_validate(whole)
        shape = self.edition.shape
        try:
            headers, body = (fill(part, refusal.fills) for part in (dict(shape.headers), shape.body))
        except KeyError as missing:
            raise self.document.error(
                (*location, "expect"),
                f"the edition's shape asks for ${{{missing.args[0]}}}, and {expect.refusal!r} does not fill it",
            ) from None
        return ExpectedResponse(
            refusal.status,
            {**headers, **refusal.headers},
            body,
            expect.refusal,
            refusal.error,
            refusal.raises,
        )


def _returned(given: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {value for name in given for value in STATES[name].returns}
