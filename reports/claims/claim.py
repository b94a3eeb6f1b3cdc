"""One claim: what an answer says fixes the refusal, in our wording, the name it turns on, and the row that tests it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.report import REPORTS, load_reports
from provider_states import record_kinds
from reports.editions import api_of
from reports.published_names import NotLookedUp, PublishedNames
from yaml_documents import Document, Strict, Together, suggest

CLAIMS = Path(__file__).parent / "claims.yaml"
Kind = Literal["scope", "permission", "field", "header", "grant", "path", "state"]
Report = Annotated[str, StringConstraints(pattern=r"^\d{3}$")]


class Claim(Strict):
    """`name` is the scope, field, … that is said to matter; for a `state` it is the fact, such as `agent.presence`.

    `denies` is set where the claim is that the name does not exist. `row` is the case whose pass or failure against
    the published edition tests the claim. `instead` is an accepted case of the published edition that does what
    the claim is after.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    reports: Annotated[tuple[Report, ...], Field(min_length=1)]
    says: str
    kind: Kind
    name: str
    denies: bool = False
    row: str
    instead: str | None = None

    @property
    def api(self) -> str:
        """The API that the claim is about."""
        return api_of(self.row.partition("/")[0])


class Claims(Strict):
    """The file of claims."""

    claims: Annotated[tuple[Claim, ...], Field(min_length=1)]


def load_claims(
    names: Mapping[str, PublishedNames], cases: Sequence[str], path: Path = CLAIMS, reports: Path = REPORTS
) -> tuple[Claim, ...]:
    """Every claim, each of a known report, about a name that can be looked up, tested by a case of a pact.

    Raises `DocumentError` with everything that is wrong.
    """
    document, found = Document.read(path), Together()
    claims = document.parse(Claims).claims
    numbers = [report.report for report in load_reports(reports)]
    for at, claim in enumerate(claims):
        if claim.id in {other.id for other in claims[:at]}:
            with found:
                raise document.error(("claims", at, "id"), f"claim {claim.id!r} stands twice")
        for position, number in enumerate(claim.reports):
            if number not in numbers:
                with found:
                    problem = f"no report {number!r}{suggest(number, numbers)}"
                    raise document.error(("claims", at, "reports", position), problem)
        for field, problem in _problems(claim, names, cases):
            with found:
                raise document.error(("claims", at, field), problem)
    found.raise_found()
    return claims


def _problems(claim: Claim, names: Mapping[str, PublishedNames], cases: Sequence[str]) -> Iterator[tuple[str, str]]:
    for field in ("row", "instead"):
        case = getattr(claim, field)
        if case is not None and case not in cases:
            of_provider = [each for each in cases if each.startswith(f"{case.partition('/')[0]}/")]
            yield field, f"no pact has the case {case!r}{suggest(case, of_provider or cases)}"
    if claim.kind == "state":
        facts = [f"{kind}.{name}" for kind, record in record_kinds().items() for name in record.attributes]
        if claim.name not in facts:
            yield "name", f"no state {claim.name!r}{suggest(claim.name, facts)}"
    elif claim.api not in names:
        if claim.row in cases:
            yield "row", f"there are no published names of {claim.api!r}{suggest(claim.api, names)}"
    else:
        try:
            names[claim.api].exists(claim.kind, claim.name)
        except NotLookedUp as problem:
            yield "name", str(problem)
