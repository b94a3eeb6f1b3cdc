"""The public reports that editions are made from: their requests and refusals as their authors wrote them."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field, StringConstraints

from outdial.documents import Document, Strict, Together, suggest, unknown_keys, yaml_files
from outdial.documents.document import Problem
from outdial.documents.template import unknown_names
from outdial.folders import CONTRACTS
from outdial.tables.vocabulary import STATES

REPORTS = CONTRACTS / "reports"
STRAIGHT = str.maketrans({"“": '"', "”": '"'})
Operation = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+/[a-z0-9_]+(/[a-z0-9.-]+)?$")]


class Quoted(Strict):
    """A body exactly as it stands in a report; typographic quotes count as straight ones when it is read."""

    body: str | None = None

    @property
    def content(self) -> Any:
        """The body's value: JSON, the fields of a form, or None when there is no body."""
        if self.body is None:
            return None
        text = self.body.translate(STRAIGHT)
        return json.loads(text) if text.lstrip().startswith("{") else dict(parse_qsl(text.strip()))


class ReportedRequest(Quoted):
    """One request of a report.

    `filled` names each place that provider states fill, with what fills it: `path`, `header <name>`, or a body
    field such as `$.from.id`. `sent_in` names operations (`<provider>/<operation>`: every row that leaves the
    part alone sends it) or single rows (`<provider>/<operation>/<row>`). `headers` are those that matter besides
    Authorization and Content-Type.
    """

    author: str
    request: Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")]
    headers: dict[str, str] = {}
    filled: dict[str, str] = {}
    sent_in: Annotated[list[Operation], Field(min_length=1)]


class ReportedRefusal(Quoted):
    """One refusal of a report: its whole `body`, or the `message` alone where the report shows no more.

    Every row of the operations in `answered_in` that is refused with this status gets it.
    """

    author: str
    status: Annotated[int, Field(ge=400, le=599)]
    message: str | None = None
    answered_in: Annotated[list[Operation], Field(min_length=1)]


class Report(Strict):
    """One public report: its title, what its author and its answers sent and were answered, and their `words`."""

    report: Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
    title: str
    source: str
    requests: dict[str, ReportedRequest]
    refusals: dict[str, ReportedRefusal]
    words: dict[str, tuple[str, ...]] = {}


def load_reports(folder: Path = REPORTS, cases: Collection[str] | None = None) -> list[Report]:
    """Return every report of a folder, by number. Raises `DocumentError` with everything that is wrong.

    With the `cases` of all scenarios, the operations and rows that a report names are looked up among them.
    """
    operations = None if cases is None else {*cases, *(case.rpartition("/")[0] for case in cases)}
    reports, found = [], Together()
    for path in yaml_files(folder, "report"):
        with found:
            document = Document.read(path)
            report = document.parse(Report)
            document.check_name("report")
            document.check(_problems(report, operations))
            reports.append(report)
    found.raise_found()
    return reports


def fields_of(content: Any, at: str = "$") -> dict[str, Any]:
    """Return each single value of a body by its place, such as `$.from.id`; an empty object or list is one too."""
    if isinstance(content, dict) and content:
        parts = [(f"{at}.{key}", value) for key, value in content.items()]
    elif isinstance(content, list) and content:
        parts = [(f"{at}[{place}]", value) for place, value in enumerate(content)]
    else:
        return {at: content}
    return {place: value for name, part in parts for place, value in fields_of(part, name).items()}


def _problems(report: Report, operations: Collection[str] | None) -> Iterator[Problem]:
    sent = [("requests", name, "sent_in", each.sent_in, each) for name, each in report.requests.items()]
    got = [("refusals", name, "answered_in", each.answered_in, each) for name, each in report.refusals.items()]
    for part, name, key, named, each in (*sent, *got):
        for at, operation in enumerate(named if operations is not None else ()):
            if operations is not None and operation not in operations:
                yield (part, name, key, at), f"no operation or row {operation!r}{suggest(operation, operations)}"
        try:
            content = each.content
        except ValueError as error:
            yield (part, name, "body"), f"a body is JSON or a form: {error}"
            continue
        if isinstance(each, ReportedRequest):
            at_filled = (part, name, "filled")
            places = {"path", *(f"header {header}" for header in each.headers), *fields_of(content)}
            yield from unknown_keys("the request has no part", each.filled, places, at_filled)
            yield from unknown_names(each.filled, STATES.examples, at_filled)
