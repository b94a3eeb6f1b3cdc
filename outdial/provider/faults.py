"""Faults on demand: an operation is slow, refuses for a while or drops the connection, as often as a test asks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from outdial.documents import Document, DocumentError, Strict
from outdial.provider.exchange import Answer, Call

FAULTS_PATH = "/faults"
JSON = {"Content-Type": "application/json"}

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
Printable = Annotated[str, StringConstraints(pattern=r"^[ -~]*$")]


class Fault(Strict):
    """A fault of one request, such as `POST /api/v2/conversations/calls`; `*` in a path stands for one step.

    With a `status` the provider does nothing and refuses. Otherwise it does what it is asked, and the answer is late
    (`delay`, seconds) or never comes (`drop`).
    """

    request: Annotated[str, StringConstraints(pattern=r"^[A-Z]+ /\S*$")]
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    code: str = "fault.on.demand"
    headers: dict[Token, Printable] = {}
    delay: Annotated[float, Field(ge=0, le=60)] = 0.0
    drop: bool = False
    times: Annotated[int, Field(ge=1)] = 1

    def is_of(self, method: str, path: str) -> bool:
        """Return whether this is a fault of a request; the path has no prefix of an edition."""
        own, _, template = self.request.partition(" ")
        steps, wanted = path.split("/"), template.split("/")
        alike = len(steps) == len(wanted) and all(one in ("*", step) for one, step in zip(wanted, steps, strict=True))
        return own == method and alike

    def late(self, answer: Answer) -> Answer:
        """Return an answer with the delay, or to be dropped."""
        return replace(answer, delay=self.delay, drop=self.drop)


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

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
        if call.method == "POST":
            try:
                self.waiting.append(Document.of(call.body, Path("the request")).parse(Fault))
            except DocumentError as problem:
                return Answer(400, JSON, json.dumps({"error": str(problem)}).encode())
        elif call.method == "DELETE":
            self.waiting.clear()
        return Answer(200, JSON, json.dumps([each.model_dump() for each in self.waiting]).encode())
