"""The pacts say what the reports say: every quoted request and refusal is in them as its author wrote it."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from outdial.documents import Document
from outdial.pact_files import read_interactions
from outdial.tables import TABLES
from outdial.tables.report import Report, ReportedRefusal, ReportedRequest, fields_of, load_reports
from outdial.tables.table import Row, Table

PACTS = Path(__file__).parent.parent / "pacts"
FORM = "application/x-www-form-urlencoded"
Content = Mapping[str, Any]


@cache
def interactions() -> dict[str, Content]:
    """Every committed interaction by its case id."""
    return {each.case_id: each.source for each in read_interactions([PACTS])}


@cache
def rows_changing(operation: str) -> dict[str, frozenset[str]]:
    """What each row of a table changes of its request (`body`, `headers`), by row id."""
    provider, name = operation.split("/")
    table = Document.read(TABLES / f"{provider}.yaml").parse(Table)
    rows: dict[str, Row] = {**table.accepted, **table.refused}
    return {
        row_id: frozenset(part for part in ("body", "headers") if getattr(row, part))
        for row_id, row in rows.items()
        if name in (row.for_ or table.operations)
    }


def cases(place: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The case ids of an operation, each with what its row changes; a row named alone changes nothing."""
    if place.count("/") == 2:
        yield place, frozenset()
        return
    for row, changes in rows_changing(place).items():
        yield f"{place}/{row}", changes


def of_every_report(group: str) -> list[Any]:
    """One test parameter for each request or refusal of each report."""
    return [
        pytest.param(quoted, id=f"{report.report}-{name}")
        for report in load_reports()
        for name, quoted in getattr(report, group).items()
    ]


@pytest.mark.parametrize("quoted", of_every_report("requests"))
def test_requests_are_sent_as_reported(quoted: ReportedRequest) -> None:
    """Each operation and row that a reported request names sends it verbatim, but for what provider states fill."""
    bodies = headers = 0
    for place in quoted.sent_in:
        for case, changes in cases(place):
            request = interactions()[case]["request"]
            if "path" not in changes:
                assert f"{request['method']} {_path(request)}" == _asked(quoted), case
            if "body" not in changes:
                assert _sent(request) == _expected(quoted), case
                bodies += 1
            if "headers" not in changes:
                sent = {name.lower(): value[0] for name, value in request.get("headers", {}).items()}
                sent |= {name.lower(): made["expression"] for name, made in _made(request, "header").items()}
                for name, value in quoted.headers.items():
                    assert sent[name] == quoted.filled.get(f"header {name}", value), case
                headers += 1
    assert bodies > 0
    assert headers > 0


@pytest.mark.parametrize("quoted", of_every_report("refusals"))
def test_refusals_are_answered_as_reported(quoted: ReportedRefusal) -> None:
    """Each refusal with the reported status has the reported body, exactly: no matching rule loosens it."""
    found = 0
    for place in quoted.answered_in:
        for case, _ in cases(place):
            response = interactions()[case]["response"]
            if response["status"] != quoted.status:
                continue
            found += 1
            content = response["body"]["content"]
            assert not response.get("matchingRules", {}).get("body"), case
            if quoted.body is not None:
                assert content == quoted.content, case
            if quoted.message is not None:
                assert quoted.message in ([content] if isinstance(content, str) else content.values()), case
    assert found > 0


@pytest.mark.parametrize("report", load_reports(), ids=lambda report: report.report)
def test_every_report_has_accepted_and_refused_rows(report: Report) -> None:
    """Each edition that a report speaks of shows the call accepted and refused, and the report's words are kept."""
    assert report.requests
    assert report.refusals
    operations = {"/".join(each.split("/")[:2]) for quoted in report.requests.values() for each in quoted.sent_in}
    for operation in operations:
        answers = {interactions()[case]["response"]["status"] < 400 for case, _ in cases(operation)}
        assert answers == {True, False}, operation


def _asked(quoted: ReportedRequest) -> str:
    method, path = quoted.request.split(" ")
    return f"{method} {quoted.filled.get('path', path)}"


def _expected(quoted: ReportedRequest) -> dict[str, Any]:
    fields = fields_of(quoted.content)
    return fields | {at: fill for at, fill in quoted.filled.items() if at.startswith("$")}


def _sent(request: Content) -> dict[str, Any]:
    """The fields of the body, each that a provider state fills as the expression that fills it."""
    body = request.get("body") or {}
    content = dict(parse_qsl(body["content"])) if body.get("contentType") == FORM else body.get("content")
    return fields_of(content) | {at: made["expression"] for at, made in _made(request, "body").items()}


def _path(request: Content) -> str:
    return str(_made(request, "path").get("expression", request["path"]))


def _made(request: Content, part: str) -> Content:
    found: Content = request.get("generators", {}).get(part) or {}
    return found
