"""The client of report 004: an assistant that starts outbound calls for agents, within a campaign or by hand."""

from collections.abc import Sequence
from typing import Annotated, Literal

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consumer import errors
from consumer.genesys_cloud import CALLS, Message, read
from consumer.genesys_login import Token
from consumer.session import ANSWER_SECONDS, CONNECT_SECONDS, Session

BY_STATUS: dict[int, type[errors.Refused]] = {400: errors.BadRequest, 401: errors.AuthenticationFailed}


class Form(Message):
    """A message that holds the report's fields and no other."""

    model_config = ConfigDict(extra="forbid")


class AssistingAgent(Form):
    """The agent for whom the call is placed."""

    id: str
    name: str


class Outbound(Form):
    """What the call belongs to; without a campaign it is a manual call."""

    campaign_id: str | None = None


class Metadata(Form):
    """The block that tells the platform that this is no predictive call."""

    outbound: Outbound | None = None


class AssistedCall(Form):
    """Who is called for whom, in the report's fields."""

    from_: Annotated[AssistingAgent, Field(alias="from")]
    to: str
    type: Literal["call"] = "call"
    metadata: Metadata | None = None


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


class AgentAssist(Session):
    """Places calls with one access token, and asks for such tokens."""

    def __init__(
        self, base_url: str, token: str | None = None, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)
    ) -> None:
        super().__init__(base_url, refusal, token, seconds)

    def place_call(self, request: AssistedCall) -> None:
        """Place a call. Nothing is read from an accepted answer: the report shows none."""
        self.send("POST", CALLS, json=request.model_dump(by_alias=True, exclude_none=True))

    def client_credentials(self, client_id: str, client_secret: str, scopes: Sequence[str] = ()) -> Token:
        """A token of the application itself with these scopes. That the client is named by Basic is assumed."""
        asked = {"scope": " ".join(scopes)} if scopes else {}
        form = {"grant_type": "client_credentials", **asked}
        return read(Token, self.send("POST", "/api/v2/oauth/token", form=form, basic=(client_id, client_secret)))
