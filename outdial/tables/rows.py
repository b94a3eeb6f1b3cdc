"""What a person may write in a scenario table and in an edition's file."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from outdial.documents import Strict
from outdial.documents.evidence import Basis, Source

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Given = dict[str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class CheckedAs:
    """A mapping that must be right as `model`, and stays as it was written: a head and its change are then merged."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler.generate_schema(self.model)
        return core_schema.no_info_wrap_validator_function(lambda value, check: (check(value), value)[1], schema)


class RequestPart(Strict):
    """All of a request in a table's head, or what a row changes of it. What is set to null is left out."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    path: Annotated[str, StringConstraints(pattern=r"^/[^\s?]*$")] | None = None
    query: dict[str, str | None] = {}
    headers: dict[str, str | None] = {}
    body: Any = None


class Accepted(Strict):
    """What an accepted request answers; `returns` names attributes of the client's result."""

    status: int | Literal["success"] = "success"
    headers: dict[str, Any] = {}
    body: Any = None
    returns: dict[str, Any] = {}


class RefusalChange(Strict):
    """What a table or a row knows better about a refusal of its edition; `body` and `headers` come on top."""

    fills: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    body: dict[str, Any] = {}
    raises: dict[str, Any] = {}


class Refusal(RefusalChange):
    """One refusal: its status, what fills the edition's `shape`, and the client error it becomes."""

    status: Annotated[int, Field(ge=400, le=599)]
    error: str


class RefusalShape(Strict):
    """What every refusal of an edition looks like, and what the client's error carries of it. `${name}` is filled from
    the refusal's `fills`."""

    headers: dict[str, Any] = {}
    body: Any = None
    raises: dict[str, Any] = {}


class Edition(Strict):
    """One provider as its consumers see it: the pacticipant, and the refusals it may answer.

    An edition that `extends` another has its tables too, but for those of the operations that it has `without`.
    """

    provider: Name
    extends: Name | None = None
    without: tuple[Name, ...] = ()
    source: str
    shape: RefusalShape
    refusals: dict[str, Annotated[dict[str, Any], CheckedAs(Refusal)]]


class Expect(RefusalChange):
    """The long form of a row's expectation, where the name of the refusal, or `accepted`, does not say it all.

    Only an accepted one may have another `status` than the table's head, and `returns` on top of it.
    """

    refusal: str
    status: int | None = None
    returns: dict[str, Any] = {}


class Row(Strict):
    """One scenario: the smallest change to the table's head that shows one condition."""

    id: Name
    title: str | None = None
    given: Given = {}
    request: Annotated[dict[str, Any], CheckedAs(RequestPart)] = {}
    call: dict[str, Any] = {}
    by_hand: bool = False
    expect: str | Annotated[dict[str, Any], CheckedAs(Expect)] = "accepted"
    because: Name | None = None
    basis: Basis | None = None
    source: Source | None = None


class Order(Strict):
    """Pairs of refused rows, both conditions broken at once; the first of the pair answers."""

    basis: Basis = "assumed"
    source: Source
    pairs: list[Annotated[list[Name], Field(min_length=2, max_length=2)]]


class Also(Strict):
    """Refused rows again, each as a change of an accepted row: what one caller is refused, another one is too."""

    as_: Annotated[Name, Field(alias="as")]
    rows: Annotated[list[Name], Field(min_length=1)]
    basis: Basis = "assumed"
    source: Source


class Table(Strict):
    """One operation of one edition: the smallest caller that is accepted, and what happens when less is given."""

    consumer: Name
    client: str
    operation: Name
    summary: str
    basis: Basis
    source: Source
    given: Given
    request: Annotated[dict[str, Any], CheckedAs(RequestPart)]
    call: dict[str, Any] = {}
    accepted: Accepted
    refusals: dict[str, Annotated[dict[str, Any], CheckedAs(RefusalChange)]] = {}
    scenarios: Annotated[list[Row], Field(min_length=1)]
    also: list[Also] = []
    order: Order | None = None
