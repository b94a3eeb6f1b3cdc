"""One claim: what a report says of the refused call, in our wording, its words, what it turns on, and its trial."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from outdial.definitions import Definition
from outdial.documents import Document, Strict, suggest
from outdial.documents.document import Problem
from outdial.documents.evidence import Source
from outdial.folders import CONTRACTS
from outdial.reports.settle import api_of
from outdial.tables.citations import problems_of
from outdial.tables.sources import load_observed
from provider_states import record_kinds

CLAIMS = CONTRACTS / "claims.yaml"
Kind = Literal["scope", "permission", "field", "header", "grant", "path", "code", "body", "sdk", "state"]
Expected = Literal["accepted", "refused"] | Annotated[int, Field(ge=400, le=599)]


class Recorded(Strict):
    """A recorded answer that decides a claim: whether the claim `holds` there, and what the answer shows."""

    answer: str
    holds: bool
    shows: str


class Claim(Strict):
    """`name` is the scope, field, … that is said to matter; for a `state` it is the fact, such as `agent.presence`.

    `denies` is set where the claim is that the name does not exist. `row` is the case of a reported edition that shows
    the claim. `tried` is the case of a published edition that tests it, with everything else as that edition wants it,
    and `expects` what the claim says happens there: accepted, refused, or refused with this status. `instead` is an
    accepted case of a published edition that does what the claim is after. `observed` is a recorded answer that
    decides the claim. `of` names the schema that a field is said to be of, where another one has a field of that name.
    `differ` names two published operations: the claim is that they have no scope in common.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    quotes: Annotated[tuple[Source, ...], Field(min_length=1)]
    says: str
    kind: Kind
    name: str
    of: str | None = None
    denies: bool = False
    row: str
    tried: str | None = None
    expects: Expected | None = None
    instead: str | None = None
    observed: Recorded | None = None
    differ: tuple[str, str] | None = None

    @property
    def api(self) -> str:
        """The API that the claim is about."""
        return api_of(self.row.partition("/")[0])

    @property
    def authors(self) -> str:
        """The reports, each with the author in brackets."""
        return ", ".join(dict.fromkeys(f"{quote.report} ({quote.by})" for quote in self.quotes))


class Claims(Strict):
    """The file of claims."""

    claims: Annotated[tuple[Claim, ...], Field(min_length=1)]


def load_claims(definitions: Mapping[str, Definition], cases: Sequence[str], path: Path = CLAIMS) -> tuple[Claim, ...]:
    """Return every claim; its words are in its reports, its cases in a pact. Raises `DocumentError`."""
    document = Document.read(path)
    claims, problems = document.parse(Claims).claims, list[Problem]()
    for at, claim in enumerate(claims):
        if claim.id in {other.id for other in claims[:at]}:
            problems.append((("claims", at, "id"), f"claim {claim.id!r} stands twice"))
        problems += [(("claims", at, field), problem) for field, problem in _problems(claim, definitions, cases)]
    document.check(problems)
    return claims


def _problems(claim: Claim, definitions: Mapping[str, Definition], cases: Sequence[str]) -> Iterator[tuple[str, str]]:
    for quote in claim.quotes:
        yield from (("quotes", problem) for problem in problems_of(quote, "reported", None, None))
    for field in ("row", "tried", "instead"):
        case = getattr(claim, field)
        if case is not None and case not in cases:
            of_provider = [each for each in cases if each.startswith(f"{case.partition('/')[0]}/")]
            yield field, f"no pact has the case {case!r}{suggest(case, of_provider or cases)}"
    if claim.tried is not None and claim.tried.partition("/")[0] not in definitions:
        yield "tried", f"{claim.tried!r} is not of a published edition. Valid: {', '.join(sorted(definitions))}"
    if (claim.tried is None) != (claim.expects is None):
        yield "id", "a claim that is tried says what it expects, and one that is not does not"
    if claim.observed and claim.observed.answer not in load_observed():
        known = load_observed()
        yield "observed", f"no recorded answer {claim.observed.answer!r}{suggest(claim.observed.answer, known)}"
    if claim.of and claim.of not in (schemas := definitions[claim.api].schemas):
        yield "of", f"no schema {claim.of!r}{suggest(claim.of, list(schemas))}"
    if claim.kind == "state":
        facts = [f"{kind}.{attribute}" for kind, record in record_kinds().items() for attribute in record.attributes]
        if claim.name not in facts:
            yield "name", f"no state {claim.name!r}{suggest(claim.name, facts)}"
    elif claim.api not in definitions:
        yield "row", f"nothing that is published of {claim.api!r} is kept{suggest(claim.api, list(definitions))}"
