"""Read decision tables and make their rows: every name is known, every row has its evidence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from outdial.documents import Document, DocumentError, Together, suggest, yaml_files
from outdial.documents.document import Location
from outdial.documents.evidence import Source
from outdial.documents.extending import base_of, extended
from outdial.documents.template import fill, unknown_names
from outdial.folders import CONTRACTS
from outdial.tables.citations import printed_in_a_report
from outdial.tables.clients import Clients, Problem
from outdial.tables.matching import example, misstated
from outdial.tables.merging import merged
from outdial.tables.numbers import unreserved
from outdial.tables.promises import check
from outdial.tables.questions import questions_beside
from outdial.tables.scenario import ExpectedResponse, RowRequest, Scenario
from outdial.tables.table import Operation, RefusedRow, Row, Table
from outdial.tables.vocabulary import STATES

TABLES = CONTRACTS / "tables"
BODY = "${body}"
"""The argument of a call that is the request's body."""
EVIDENCE = ("question", "observed", "published", "source")


def load_suite(tables: Path = TABLES, clients: Clients | None = None) -> list[Scenario]:
    """Return the rows of every table in a folder, in the order of files, operations and rows.

    `clients` adds a check of client names, and types the arguments of calls. Raises `DocumentError` with all mistakes.
    """
    found, read = Together(), list[TableReader]()
    for path in yaml_files(tables, "decision table"):
        with found:
            read.append(TableReader.read(path, clients))
    scenarios: list[Scenario] = []
    for each in read:
        with found:
            scenarios += each.scenarios()
    found.raise_found()
    return scenarios


def document_of(path: Path, chain: tuple[str, ...] = ()) -> tuple[Document, str]:
    """Read a table merged over the one that it extends; also return the name of the last one extended."""
    document = Document.read(path)
    known = {each.stem: each for at in (TABLES, path.parent) for each in at.glob("*.yaml")}
    base = base_of(document, known, (*chain, path.stem))
    if base is None:
        return document, path.stem
    inherited, account = document_of(known[base], (*chain, path.stem))
    return extended(document, inherited), account


class TableReader:
    """Makes the rows of one table."""

    def __init__(self, document: Document, table: Table, account: str, clients: Clients | None) -> None:
        self.document = document
        self.table = table
        self.account = account
        self.clients = clients
        self.questions = questions_beside(document.path)

    @classmethod
    def read(cls, path: Path, clients: Clients | None) -> "TableReader":
        """Read and check a table. Raises `DocumentError`."""
        document, account = document_of(path)
        table = document.parse(Table)
        if table.provider != path.stem:
            problem = f"invalid provider {table.provider!r}: expected the file's name, {path.stem!r}"
            raise document.error(("provider",), problem)
        self = cls(document, table, account, clients)
        found = Together()
        for place, problem in self._problems():
            with found:
                raise document.error(place, problem)
        found.raise_found()
        return self

    def rows(self) -> Iterator[tuple[Location, str, Row, str]]:
        """Every row with its place, id and operation."""
        for operation in self.table.operations:
            for section in ("accepted", "refused"):
                rows: Mapping[str, Row] = getattr(self.table, section)
                for name, row in rows.items():
                    if operation in (row.for_ or self.table.operations):
                        yield (section, name), name, row, operation

    def scenarios(self) -> list[Scenario]:
        """Make all rows. Raises `DocumentError` with all mistakes."""
        scenarios, found = [], Together()
        descriptions: dict[str, Scenario] = {}
        for place, name, row, operation in self.rows():
            case_id = f"{self.table.provider}/{operation}/{name}"
            with found:
                scenario = self._scenario(place, case_id, row, operation)
                check(scenario, self.account)
                first = descriptions.setdefault(scenario.description, scenario)
                if first is not scenario:
                    problem = f"same description as {first.place}; change `title`"
                    raise self.document.error((*place, "title"), problem)
                scenarios.append(scenario)
        found.raise_found()
        return scenarios

    def _problems(self) -> Iterator[Problem]:
        table = self.table
        yield from misstated({"headers": table.shape.headers, "body": table.shape.body}, ("shape",))
        for name, answer in table.answers.items():
            yield from misstated({"headers": answer.headers, "body": answer.body}, ("answers", name))
        for name, operation in table.operations.items():
            yield from misstated(operation.body, ("operations", name, "body"))
            yield from misstated(operation.accepted.body, ("operations", name, "accepted", "body"))
        for section in ("accepted", "refused"):
            rows: Mapping[str, Row] = getattr(table, section)
            if not rows:
                yield (section,), f"no row is {section}: a contract needs both"
            for name, row in rows.items():
                yield from self._problems_of_row((section, name), name, row)
        if self.clients:
            yield from self.clients.problems_of(table)

    def _problems_of_row(self, place: Location, name: str, row: Row) -> Iterator[Problem]:
        table = self.table
        for operation in row.for_:
            if operation not in table.operations:
                yield (*place, "for"), f"invalid operation {operation!r}{suggest(operation, table.operations)}"
        if row.as_ is not None and row.as_ not in table.callers:
            yield (*place, "as"), f"invalid caller {row.as_!r}{suggest(row.as_, table.callers)}"
        if sum(getattr(row, each) is not None for each in EVIDENCE) > 1:
            yield place, f"more than one of {', '.join(EVIDENCE)}: a row rests on one"
        if row.question is not None and row.question not in self.questions:
            yield (*place, "question"), f"invalid question {row.question!r}{suggest(row.question, self.questions)}"
        if isinstance(row, RefusedRow):
            if row.answer not in table.answers:
                yield (*place, "answer"), f"invalid answer {row.answer!r}{suggest(row.answer, table.answers)}"
            for part in ("status", "returns"):
                if getattr(row.expect, part):
                    yield (*place, "expect", part), f"`{part}` belongs to accepted rows: expected headers, body, raises"
            if name in table.accepted and set(row.for_ or table.operations) & set(
                table.accepted[name].for_ or table.operations
            ):
                yield place, f"the accepted row {name!r} has this id already; choose another"
        elif row.expect.raises:
            yield (*place, "expect", "raises"), "`raises` belongs to refused rows: expected `returns`"
        yield from misstated(row.body, (*place, "body"))
        yield from misstated({"headers": row.expect.headers, "body": row.expect.body}, (*place, "expect"))

    def _scenario(self, place: Location, case_id: str, row: Row, name: str) -> Scenario:
        table, operation = self.table, self.table.operations[name]
        head: Location = ("operations", name)
        given = merged(operation.given, table.callers.get(row.as_ or "", {}), row.given)
        self._check_given(given, place, head, row.as_)
        request = self._request(operation, row)
        expected = self._expected(operation, row)
        returned = {value for state in given for value in STATES[state].returns}
        call = merged(operation.call, row.call)
        for part, value, known in (
            ("body", request.body, returned),
            ("path", request.path, returned),
            ("query", request.query, returned),
            ("headers", request.headers, returned),
            ("call", call, {*returned, "body"}),
            ("expect", {"headers": expected.headers, "body": expected.body}, returned),
        ):
            for at, problem in unknown_names(value, known, (part,)):
                raise self._error(f"{problem}; expected a value that the row's states return", place, head, at)
        self._check_numbers(
            place, head, {"path": request.path, "query": request.query, "body": request.body, "call": call}
        )
        return Scenario(
            case_id=case_id,
            description=f"{operation.summary}: {row.title or case_id.rpartition('/')[2].replace('-', ' ')}",
            consumer=table.consumer,
            provider=table.provider,
            client=table.client,
            operation=name,
            given=given,
            request=request,
            call=self._arguments(place, head, name, call, request.body),
            expected=expected,
            because=row.rule if isinstance(row, RefusedRow) else None,
            source=self._source(operation, row),
            document=self.document,
            location=place,
        )

    def _source(self, operation: Operation, row: Row) -> Source:
        if row.question is not None:
            return Source(asks=self.questions[row.question].asks, question=row.question)
        if row.observed is not None:
            return Source(observed=row.observed)
        if row.published is not None:
            return Source(**{"operation": operation.source.operation, **row.published})
        return row.source or operation.source

    def _error(self, problem: str, place: Location, head: Location, at: Location) -> DocumentError:
        """An error at a value of the row, or at the operation's where the row leaves that value alone."""
        return self.document.error((*place, *at), problem, (*place, *at), (*head, *at))

    def _check_given(self, given: Mapping[str, Any], place: Location, head: Location, caller: str | None) -> None:
        for state, parameters in given.items():
            if state not in STATES:
                problem = f"invalid provider state {state!r}{suggest(state, STATES)}"
                raise self._error(problem, place, head, ("given", state))
            places = ((*place, "given", state), ("callers", caller or "", state), (*head, "given", state))
            self.document.validate(STATES[state], parameters or {}, *places)

    def _check_numbers(self, place: Location, head: Location, sent: Mapping[str, Any]) -> None:
        """Refuse telephone numbers that may ring; a report's edition may repeat the numbers of its report."""
        reported = "." in self.table.provider and self.account == self.table.provider
        for at, number, problem in unreserved(sent):
            if not (reported and printed_in_a_report(number)):
                raise self._error(problem, place, head, at)

    def _request(self, operation: Operation, row: Row) -> RowRequest:
        method, path = operation.request.split()
        query = merged(operation.query, row.query)
        headers = merged(operation.headers, row.headers)
        body = operation.body if row.body is None else merged(operation.body, row.body)
        return RowRequest(method, row.path or path, headers, body, query)

    def _arguments(
        self, place: Location, head: Location, name: str, call: Mapping[str, Any], body: Any
    ) -> Mapping[str, Any]:
        """The arguments of the call, of the types that the client's method takes."""
        if not self.clients:
            return call
        method = self.clients.operations[self.table.client][name]
        for argument in sorted(method.required - call.keys()):
            raise self._error(f"argument {argument!r} of {name} is missing", place, head, ("call",))
        values = {**STATES.examples, "body": example(body)}
        arguments = {}
        for argument, value in call.items():
            at: Location = ("body",) if value == BODY else ("call", argument)
            filled = fill(value, values)
            arguments[argument] = self.document.validate(
                method.arguments[argument], filled, (*place, *at), (*head, *at)
            )
        return arguments

    def _expected(self, operation: Operation, row: Row) -> ExpectedResponse:
        change = row.expect
        if not isinstance(row, RefusedRow):
            answer = operation.accepted
            body = answer.body if change.body is None else merged(answer.body, change.body)
            headers, returns = {**answer.headers, **change.headers}, {**answer.returns, **change.returns}
            return ExpectedResponse(change.status or answer.status, headers, body, None, None, returns)
        refusal, shape = self.table.answers[row.answer], self.table.shape
        try:
            shaped = {"headers": shape.headers, "body": shape.body, "raises": shape.raises}
            filled = fill(shaped, {"code": row.answer, **refusal.fills})
        except KeyError as missing:
            problem = f"the shape asks for ${{{missing.args[0]}}}: add it to `fills` of {row.answer!r}"
            raise self.document.error(("answers", row.answer), problem) from None
        body = filled["body"]
        for over in (refusal.body, change.body):
            body = body if over is None else merged(body, over)
        headers = {**filled["headers"], **refusal.headers, **change.headers}
        raises = {**filled["raises"], **refusal.raises, **change.raises}
        return ExpectedResponse(refusal.status, headers, body, row.answer, refusal.error, raises)
