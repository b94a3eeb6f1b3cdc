"""The client of report 003: an integration in an agent's desktop that places calls past the dialer."""

from typing import Annotated

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consumer import errors
from consumer.genesys_cloud import CALLS, Message, read
from consumer.session import ANSWER_SECONDS, CONNECT_SECONDS, Session

ACTING_USER = "x-genesys-user-id"
BY_STATUS: dict[int, type[errors.Refused]] = {400: errors.BadRequest, 401: errors.AuthenticationFailed}


class Line(Message):
    """A telephone number with the name that goes with it."""

    model_config = ConfigDict(extra="forbid")

    phone_number: str
    name: str


class SupportCall(Message):
    """Who is called from which line, in the report's fields."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[Line, Field(alias="from")]
    to: list[Line]
    wrap_up_code: str
    queue_id: str


class StartedCall(BaseModel):
    """An accepted call: the report prints its `id`."""

    id: str


class Refusal(BaseModel):
    """The one body of every refusal."""

    message: str = ""


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request. A 403 is a plain `Refused`, since its answer does not tell the cause."""
    try:
        body = Refusal.model_validate_json(answer.content)
    except ValidationError:
        body = Refusal()
    return BY_STATUS.get(answer.status_code, errors.Refused)(status=answer.status_code, message=body.message)


class DesktopIntegration(Session):
    """Places calls with one access token."""

    def __init__(
        self, base_url: str, token: str | None = None, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)
    ) -> None:
        super().__init__(base_url, refusal, token, seconds)

    def place_call(self, request: SupportCall, acting_user: str | None = None) -> StartedCall:
        """Place a call. `acting_user` is the id of the agent, where the token does not tell who it is."""
        headers = {ACTING_USER: acting_user} if acting_user else {}
        return read(StartedCall, self.send("POST", CALLS, json=request.model_dump(by_alias=True), headers=headers))
