"""Read decision tables and make their rows: every name is known, every row has its evidence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from outdial.documents import DocumentError, Together, suggest, yaml_files
from outdial.documents.document import Location, Problem
from outdial.documents.evidence import Source
from outdial.documents.extending import read_extended
from outdial.documents.template import fill, unknown_names
from outdial.folders import CONTRACTS
from outdial.tables.citations import printed_in_a_report
from outdial.tables.clients import Clients
from outdial.tables.matching import example, merged, misstated
from outdial.tables.numbers import unreserved
from outdial.tables.promises import check
from outdial.tables.scenario import ExpectedResponse, RowRequest, Scenario
from outdial.tables.sources import questions_beside
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
    found, scenarios = Together(), list[Scenario]()
    for path in yaml_files(tables, "decision table"):
        with found:
            scenarios += TableReader(path, clients).scenarios()
    found.raise_found()
    return scenarios


class TableReader:
    """One table, read and checked, of which it makes the rows. Raises `DocumentError`."""

    def __init__(self, path: Path, clients: Clients | None) -> None:
        self.document, bases = read_extended(path, TABLES)
        self.table = self.document.parse(Table)
        self.document.check_name("provider")
        self.account = (path.stem, *bases)[-1]
        self.clients = clients
        self.questions = questions_beside(path)
        self.document.check(self._problems())

    def scenarios(self) -> list[Scenario]:
        """Make all rows. Raises `DocumentError` with all mistakes."""
        scenarios: dict[str, Scenario] = {}
        found = Together()
        for operation in self.table.operations:
            for place, row in self.table.rows():
                if operation in (row.for_ or self.table.operations):
                    with found:
                        scenario = self._scenario(place, row, operation)
                        check(scenario, self.account)
                        first = scenarios.setdefault(scenario.description, scenario)
                        if first is not scenario:
                            problem = f"same description as {first.place}; change `title`"
                            raise self.document.error((*place, "title"), problem)
        found.raise_found()
        return list(scenarios.values())

    def _problems(self) -> Iterator[Problem]:
        table = self.table
        for section in ("shape", "answers", "operations", "accepted", "refused"):
            yield from misstated(self.document.data.get(section), (section,))
        for section in ("accepted", "refused"):
            if not getattr(table, section):
                yield (section,), f"no row is {section}: a contract needs both"
        for place, row in table.rows():
            yield from self._problems_of_row(place, row)
        if self.clients:
            yield from self.clients.problems_of(table)

    def _problems_of_row(self, place: Location, row: Row) -> Iterator[Problem]:
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
        refused = isinstance(row, RefusedRow)
        for part in ("status", "returns") if refused else ("raises",):
            if getattr(row.expect, part):
                problem = f"`{part}` belongs to {'accepted' if refused else 'refused'} rows"
                yield (*place, "expect", part), problem
        if not isinstance(row, RefusedRow):
            return
        if row.answer not in table.answers:
            yield (*place, "answer"), f"invalid answer {row.answer!r}{suggest(row.answer, table.answers)}"
        accepted = table.accepted.get(str(place[-1]))
        if accepted and set(row.for_ or table.operations) & set(accepted.for_ or table.operations):
            yield place, f"the accepted row {place[-1]!r} has this id already; choose another"

    def _scenario(self, place: Location, row: Row, name: str) -> Scenario:
        table, operation = self.table, self.table.operations[name]
        head: Location = ("operations", name)
        given = merged(operation.given, table.callers.get(row.as_ or "", {}), row.given)
        self._check_given(given, place, head, row.as_)
        method, path = operation.request.split()
        request = RowRequest(
            method,
            row.path or path,
            merged(operation.headers, row.headers),
            operation.body if row.body is None else merged(operation.body, row.body),
            merged(operation.query, row.query),
        )
        expected = self._expected(operation, row)
        call = merged(operation.call, row.call)
        sent = {"path": request.path, "query": request.query, "body": request.body, "call": call}
        returned = {value for state in given for value in STATES[state].returns}
        answer = {"headers": expected.headers, "body": expected.body}
        for part, value in {**sent, "headers": request.headers, "expect": answer}.items():
            for at, problem in unknown_names(value, {*returned, *(["body"] if part == "call" else [])}, (part,)):
                raise self._error(f"{problem}; expected a value that the row's states return", place, head, at)
        self._check_numbers(place, head, sent)
        return Scenario(
            case_id=f"{table.provider}/{name}/{place[-1]}",
            description=f"{operation.summary}: {row.title or str(place[-1]).replace('-', ' ')}",
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
        """Return an error at a value of the row, or at the operation's where the row leaves that value alone."""
        return self.document.error((*place, *at), problem, (*head, *at))

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

    def _arguments(
        self, place: Location, head: Location, name: str, call: Mapping[str, Any], body: Any
    ) -> Mapping[str, Any]:
        """Return the arguments of the call, of the types that the client's method takes."""
        if not self.clients:
            return call
        method = self.clients.operations[self.table.client][name]
        for argument in sorted(method.required - call.keys()):
            raise self._error(f"argument {argument!r} of {name} is missing", place, head, ("call",))
        values = {**STATES.examples, "body": example(body)}
        arguments = {}
        for argument, value in call.items():
            at: Location = ("body",) if value == BODY else ("call", argument)
            kind, filled = method.arguments[argument], fill(value, values)
            arguments[argument] = self.document.validate(kind, filled, (*place, *at), (*head, *at))
        return arguments

    def _expected(self, operation: Operation, row: Row) -> ExpectedResponse:
        change = row.expect
        if not isinstance(row, RefusedRow):
            answer = operation.accepted
            body = answer.body if change.body is None else merged(answer.body, change.body)
            headers, returns = {**answer.headers, **change.headers}, {**answer.returns, **change.returns}
            return ExpectedResponse(change.status or answer.status, headers, body, None, None, returns)
        refusal = self.table.answers[row.answer]
        try:
            filled = fill(self.table.shape.model_dump(), {"code": row.answer, **refusal.fills})
        except KeyError as missing:
            problem = f"the shape asks for ${{{missing.args[0]}}}: add it to `fills` of {row.answer!r}"
            raise self.document.error(("answers", row.answer), problem) from None
        body = filled["body"]
        for over in (refusal.body, change.body):
            body = body if over is None else merged(body, over)
        headers = {**filled["headers"], **refusal.headers, **change.headers}
        raises = {**filled["raises"], **refusal.raises, **change.raises}
        return ExpectedResponse(refusal.status, headers, body, row.answer, refusal.error, raises)
