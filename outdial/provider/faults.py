"""Faults on demand: an operation is slow, refuses for a while or drops the connection, as often as a test asks."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from outdial.documents import Document, DocumentError, Strict, suggest
from outdial.documents.template import steps_of
from outdial.provider.exchange import Answer, Call, in_json

FAULTS_PATH = "/faults"
FRAMING = ("content-length", "transfer-encoding", "connection")

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
Printable = Annotated[str, StringConstraints(pattern=r"^[ -~]*$")]


class Fault(Strict):
    """A fault of one request, such as `POST /api/v2/conversations/calls`; `*` in a path stands for one step.

    With a `status` the provider does nothing and refuses. Otherwise it does what it is asked, and the answer is late
    (`delay`, seconds) or never comes (`drop`).
    """

    request: Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")]
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    code: str = "fault.on.demand"
    headers: dict[Token, Printable] = {}
    delay: Annotated[float, Field(ge=0, le=60)] = 0.0
    drop: bool = False
    times: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.status is None and not self.delay and not self.drop:
            raise ValueError("a fault has a status, a delay or drop: true")
        if wrong := [name for name in self.headers if name.lower() in FRAMING]:
            raise ValueError(f"{wrong[0]} is the server's own header")
        return self

    def is_of(self, method: str, path: str) -> bool:
        """Return whether this is a fault of a request; the path has no prefix of an edition."""
        own, _, template = self.request.partition(" ")
        return own == method and steps_of(template.replace("*", "{any}"), path) is not None


class Faults:
    """The faults that wait for their request."""

    def __init__(self, requests: Collection[str]) -> None:
        self.waiting: list[Fault] = []
        self._requests = sorted(set(requests))

    def take(self, method: str, path: str) -> Fault | None:
        """Return the first fault of a request, which is then due once less."""
        for at, fault in enumerate(self.waiting):
            if fault.is_of(method, path):
                left = [fault.model_copy(update={"times": fault.times - 1})] if fault.times > 1 else []
                self.waiting[at : at + 1] = left
                return fault
        return None

    def answer(self, call: Call) -> Answer:
        """`POST` adds a fault, `GET` lists those that wait, `DELETE` forgets them; a mistake is a 400."""
        if call.method not in ("GET", "POST", "DELETE"):
            return in_json(405, {"error": "a fault is added by POST"}, Allow="GET, POST, DELETE")
        if call.method == "DELETE":
            self.waiting.clear()
        if call.method == "POST":
            try:
                document = Document.of(call.body, Path("the request"))
                fault = document.parse(Fault)
                if not any(fault.is_of(*each.split(" ")) or steps_of(each, fault.request) for each in self._requests):
                    problem = f"no operation {fault.request!r}{suggest(fault.request, self._requests)}"
                    raise document.error(("request",), problem)
                self.waiting.append(fault)
            except DocumentError as problem:
                return in_json(400, {"error": str(problem)})
        return in_json(200, [each.model_dump() for each in self.waiting])
