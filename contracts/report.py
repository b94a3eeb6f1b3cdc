"""The public reports that editions are made from: their requests and refusals as their authors wrote them."""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field, StringConstraints

from yaml_documents import Document, DocumentError, Strict

REPORTS = Path(__file__).parent / "reports"
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
    """One public report: its title, and what its author and its answers sent and were answered."""

    report: Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
    title: str
    source: str
    requests: dict[str, ReportedRequest]
    refusals: dict[str, ReportedRefusal]


def load_reports(folder: Path = REPORTS) -> list[Report]:
    """Every report of a folder, by number. Raises `DocumentError`."""
    reports = []
    for path in sorted(folder.glob("*.yaml")):
        document = Document.read(path)
        report: Report = document.parse(Report)
        if report.report != path.stem:
            raise document.error(("report",), f"report {report.report!r} is not the file's name, {path.stem!r}")
        for group in ("requests", "refusals"):
            for name, quoted in getattr(report, group).items():
                _check_body(document, (group, name, "body"), quoted)
        reports.append(report)
    if not reports:
        raise DocumentError(f"{folder}: no report here; expected one <number>.yaml for each")
    return reports


def _check_body(document: Document, place: tuple[str, ...], quoted: Quoted) -> None:
    try:
        quoted.content  # noqa: B018 - reading it is the check
    except ValueError as error:
        raise document.error(place, f"a body is JSON or a form: {error}") from None
