"""Models of a decision table: one YAML file per edition, with its operations, accepted rows and refused rows."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from outdial.documents import Strict
from outdial.documents.evidence import Source

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Given = dict[str, dict[str, Any] | None]
Request = Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /[^\s?]*$")]


class AcceptedAnswer(Strict):
    """The answer to an accepted request; `returns` holds attributes of the client's result."""

    status: int | Literal["success"] = "success"
    headers: dict[str, Any] = {}
    body: Any = None
    returns: dict[str, Any] = {}


class RefusedAnswer(Strict):
    """One refusal: its status and the client's error. `fills` fills the table's `shape`; the rest is merged over it."""

    status: Annotated[int, Field(ge=400, le=599)]
    error: str
    fills: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    body: Any = None
    raises: dict[str, Any] = {}


class Shape(Strict):
    """Common form of an edition's refusals. `${code}` is filled with the answer's name."""

    headers: dict[str, Any] = {}
    body: Any = None
    raises: dict[str, Any] = {}


class Operation(Strict):
    """One method of the client: the smallest caller that is accepted, the request, the accepted answer."""

    summary: str
    source: Source
    given: Given
    request: Request
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: Any = None
    call: dict[str, Any] = {}
    accepted: AcceptedAnswer = AcceptedAnswer()


class Expect(Strict):
    """Expectations of a row beyond its answer's form. `status` and `returns` belong to accepted rows only."""

    status: int | None = None
    headers: dict[str, Any] = {}
    body: Any = None
    returns: dict[str, Any] = {}
    raises: dict[str, Any] = {}


class Row(Strict):
    """An accepted row: what differs from the operations it is played `for` (all, unless it names some).

    At most one of `question`, `observed`, `published` and `source` says what the row rests on; without any, the row
    has the operation's source. A change of null removes what the operation has.
    """

    for_: Annotated[tuple[Name, ...], Field(alias="for")] = ()
    title: str | None = None
    as_: Annotated[Name | None, Field(alias="as")] = None
    given: Given = {}
    path: str | None = None
    query: dict[str, str | None] = {}
    headers: dict[str, str | None] = {}
    body: Any = None
    call: dict[str, Any] = {}
    expect: Expect = Expect()
    question: Name | None = None
    observed: str | None = None
    published: dict[str, Any] | None = None
    source: Source | None = None


class RefusedRow(Row):
    """A refused row: which of the table's answers comes, and the provider's rule that gives it."""

    answer: Name
    rule: Name


class Table(Strict):
    """One edition of a provider as one consumer sees it. `extends` names the edition whose table this one changes."""

    provider: Name
    extends: Name | None = None
    consumer: Name
    client: str
    source: str
    shape: Shape = Shape()
    operations: Annotated[dict[Name, Operation], Field(min_length=1)]
    callers: dict[Name, Given] = {}
    accepted: dict[Name, Row]
    answers: dict[Name, RefusedAnswer]
    refused: dict[Name, RefusedRow]

    def rows(self) -> Iterator[tuple[tuple[str, str], Row]]:
        """Yield every row with its place, the section and the id."""
        yield from ((("accepted", name), row) for name, row in self.accepted.items())
        yield from ((("refused", name), row) for name, row in self.refused.items())
