"""The client of report 003: an integration in an agent's desktop that places calls past the dialer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from outdial.clients.genesys_cloud import CALLS, Message, Text, read
from outdial.clients.message_refusal import refusal
from outdial.clients.session import Session

ACTING_USER = "x-genesys-user-id"


class Line(Message):
    """A telephone number with the name that goes with it."""

    model_config = ConfigDict(extra="forbid")

    phone_number: str
    name: str


class SupportCall(Message):
    """Request of a call from a line, in the report's fields."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[Line, Field(alias="from")]
    to: list[Line]
    wrap_up_code: str
    queue_id: str


class StartedCall(BaseModel):
    """An accepted call: the report prints its `id`."""

    id: Text


class DesktopIntegration(Session):
    """Places calls with one access token."""

    refusal = staticmethod(refusal)

    def place_call(self, request: SupportCall, acting_user: str | None = None) -> StartedCall:
        """Place a call. `acting_user` is the id of the agent, where the token does not tell who it is."""
        headers = {ACTING_USER: acting_user} if acting_user else {}
        return read(StartedCall, self.send("POST", CALLS, json=request.model_dump(by_alias=True), headers=headers))
