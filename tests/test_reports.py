"""The pacts say what the reports say: every quoted request and refusal is in them as its author wrote it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest

from outdial.documents import Document
from outdial.tables import TABLES
from outdial.tables.report import Report, ReportedRefusal, ReportedRequest, fields_of, load_reports
from outdial.tables.table import Row, Table
from tests.committed import interactions

FORM = "application/x-www-form-urlencoded"
Content = Mapping[str, Any]
REPORTS = load_reports()


@cache
def sources() -> dict[str, Content]:
    """Every committed interaction by its case id."""
    return {each.case_id: each.source for each in interactions()}


@cache
def cases(place: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The case ids of an operation, each with what its row changes; a row named alone changes nothing."""
    provider, name, *row = place.split("/")
    if row:
        return ((place, frozenset()),)
    table = Document.read(TABLES / f"{provider}.yaml").parse(Table)
    rows: dict[str, Row] = {**table.accepted, **table.refused}
    return tuple(
        (f"{place}/{row_id}", frozenset(part for part in ("body", "headers") if getattr(row, part)))
        for row_id, row in rows.items()
        if name in (row.for_ or table.operations)
    )


def of_every_report(group: str) -> Iterator[Any]:
    """One test parameter for each request or refusal of each report."""
    for report in REPORTS:
        for name, quoted in getattr(report, group).items():
            yield pytest.param(quoted, id=f"{report.report}-{name}")


@pytest.mark.parametrize("quoted", [*of_every_report("requests")])
def test_requests_are_sent_as_reported(quoted: ReportedRequest) -> None:
    """Each operation and row that a reported request names sends it verbatim, but for what provider states fill."""
    bodies = headers = 0
    method, path = quoted.request.split(" ")
    fields = fields_of(quoted.content) | {at: fill for at, fill in quoted.filled.items() if at.startswith("$")}
    for case, changes in (each for place in quoted.sent_in for each in cases(place)):
        request = sources()[case]["request"]
        asked = made(request, "path").get("expression", request["path"])
        assert (request["method"], asked) == (method, quoted.filled.get("path", path)), case
        if "body" not in changes:
            assert sent(request) == fields, case
            bodies += 1
        if "headers" not in changes:
            found = {name.lower(): value[0] for name, value in request.get("headers", {}).items()}
            found |= {name.lower(): each["expression"] for name, each in made(request, "header").items()}
            for name, value in quoted.headers.items():
                assert found[name] == quoted.filled.get(f"header {name}", value), case
            headers += 1
    assert bodies > 0
    assert headers > 0


@pytest.mark.parametrize("quoted", [*of_every_report("refusals")])
def test_refusals_are_answered_as_reported(quoted: ReportedRefusal) -> None:
    """Each refusal with the reported status has the reported body, exactly: no matching rule loosens it."""
    answers = {case: sources()[case]["response"] for place in quoted.answered_in for case, _ in cases(place)}
    answers = {case: each for case, each in answers.items() if each["status"] == quoted.status}
    assert answers
    for case, response in answers.items():
        content = response["body"]["content"]
        assert not response.get("matchingRules", {}).get("body"), case
        if quoted.body is not None:
            assert content == quoted.content, case
        if quoted.message is not None:
            assert quoted.message in ([content] if isinstance(content, str) else content.values()), case


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.report)
def test_every_report_has_accepted_and_refused_rows(report: Report) -> None:
    """Each edition that a report speaks of shows the call accepted and refused, and the report's words are kept."""
    assert report.requests
    assert report.refusals
    operations = {"/".join(each.split("/")[:2]) for quoted in report.requests.values() for each in quoted.sent_in}
    for operation in operations:
        answers = {sources()[case]["response"]["status"] < 400 for case, _ in cases(operation)}
        assert answers == {True, False}, operation


def sent(request: Content) -> dict[str, Any]:
    """The fields of the body, each that a provider state fills as the expression that fills it."""
    body = request.get("body") or {}
    content = dict(parse_qsl(body["content"])) if body.get("contentType") == FORM else body.get("content")
    return fields_of(content) | {at: each["expression"] for at, each in made(request, "body").items()}


def made(request: Content, part: str) -> Content:
    found: Content = request.get("generators", {}).get(part) or {}
    return found


def test_a_number_in_a_pact_is_generated_as_a_number() -> None:
    """A skill's id is a text where a state returns it, and goes into the request as JSON has it."""
    request = sources()["nice-cxone/dial_phone/accepted"]["request"]
    assert made(request, "body")["$.skillId"]["dataType"] == "INTEGER"
    assert isinstance(request["body"]["content"]["skillId"], int)
