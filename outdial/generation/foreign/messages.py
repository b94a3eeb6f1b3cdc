"""Messages between Outdial and a team's own client: one JSON object per line each way."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outdial.documents import Strict
from outdial.documents.sentences import sentences

Message = TypeVar("Message", bound=BaseModel)
FEW = 120
"""Characters of a line that is shown to a person."""


class Unreadable(Exception):
    """A line is not the message that was due; the message tells what is wrong with it."""


class Hello(Strict):
    """The first line of a client, once it can be asked: its name and version, for people."""

    client: str


class Question(BaseModel):
    """Question to the client: one row, without the expected result. Both base URLs lead to Pact's mock server."""

    seq: int
    api: str
    login: str
    token: str
    provider: str
    operation: str
    arguments: dict[str, Any]


class ClientAnswer(Strict):
    """Answer of the client; null means not told.

    `seq` is the question's. `error` is the client's own word for the refusal, null when accepted.
    `result` holds what it read from an accepted answer, under the names of the table's `returns`.
    """

    model_config = ConfigDict(strict=True)

    seq: int
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    code: str | None = None
    error: str | None = None
    result: dict[str, Any] | None = None


def read(model: type[Message], line: bytes) -> Message:
    """A line as the message that is due. Raises `Unreadable`."""
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            problem = (
                f"wrote {shown(line)} to standard output, which is no JSON; what people read goes to standard error"
            )
        else:
            found = sentences(error, lambda place: place, lambda: set(model.model_fields))
            told = "; ".join(f"{'.'.join(map(str, place))}: {said}".lstrip(": ") for place, said in found)
            problem = f"wrote {shown(line)}: {told}"
        raise Unreadable(problem) from None


def shown(line: bytes) -> str:
    """The beginning of a line, for people."""
    text = " ".join(line.decode(errors="replace").split())
    return repr(text if len(text) <= FEW else f"{text[:FEW]}…")
