"""One row, complete: what is given, what is sent, what is expected, and on what evidence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from outdial.documents import Document, DocumentError
from outdial.documents.document import Location
from outdial.documents.evidence import Basis, Source
from outdial.tables.vocabulary import STATES


@dataclass(frozen=True, slots=True)
class RowRequest:
    """The HTTP request of a row. Strings may carry `${name}` of a value that a provider state returns.

    A `body` that is a mapping or a list is sent in the form of its Content-Type; a string is sent as it is.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedResponse:
    """Expected answer of a row, and the client's result.

    `status` is a number, or `"success"` for any 2xx. `refusal` names the refusal, None when accepted.
    `outcome` holds attributes of the client's result, or of its error, whose class is `error`.
    """

    status: int | Literal["success"]
    headers: Mapping[str, Any]
    body: Any
    refusal: str | None
    error: str | None
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One interaction between a consumer and a provider; `case_id` names it from pytest to the broker.

    `call` holds the arguments of the client's method: typed where the tables were read with the clients, else as
    written.
    """

    case_id: str
    description: str
    consumer: str
    provider: str
    client: str
    operation: str
    given: Mapping[str, Mapping[str, Any]]
    request: RowRequest
    call: Mapping[str, Any]
    expected: ExpectedResponse
    because: str | None
    source: Source
    document: Document = field(repr=False, compare=False)
    location: Location

    @property
    def basis(self) -> Basis:
        """Return the basis: published, observed, reported or assumed."""
        return self.source.basis

    @property
    def never(self) -> bool:
        """Return whether no organisation can arrange one of its states; only the stub plays the row then."""
        return any(STATES[name].never(parameters or {}) for name, parameters in self.given.items())

    @property
    def place(self) -> str:
        """Return the place of the row, `file:line`."""
        return self.document.place(self.location)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of everything that the row states; its interaction carries it into the pact."""
        request, expected = self.request, self.expected
        stated = [
            *(self.case_id, self.description, self.consumer, self.provider, self.given),
            *(request.method, request.path, request.headers, request.body, request.query),
            *(expected.status, expected.headers, expected.body, expected.refusal),
            *(self.because, self.basis, str(self.source), self.never),
        ]
        return sha256(json.dumps(stated, sort_keys=True, default=dict).encode()).hexdigest()

    def error(self, problem: str, *place: str | int) -> DocumentError:
        """Return an error at a value of this row, or at its operation's where the row leaves the value alone."""
        at = place[1:] if place[:1] == ("request",) else place
        return self.document.error((*self.location, *at), problem, ("operations", self.operation, *at))
