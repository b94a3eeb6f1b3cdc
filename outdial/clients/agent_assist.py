"""The client of report 004: an assistant that starts outbound calls for agents, within a campaign or by hand."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from outdial.clients.genesys_cloud import CALLS, Message, read
from outdial.clients.genesys_login import Token
from outdial.clients.message_refusal import refusal
from outdial.clients.session import Session


class AssistForm(Message):
    """A message that holds the report's fields and no other."""

    model_config = ConfigDict(extra="forbid")


class AssistingAgent(AssistForm):
    """The agent for whom the call is placed."""

    id: str
    name: str


class Outbound(AssistForm):
    """Context of a call; without a campaign, a manual call."""

    campaign_id: str | None = None


class Metadata(AssistForm):
    """The block that tells the platform that this is no predictive call."""

    outbound: Outbound | None = None


class AssistedCall(AssistForm):
    """Request of a call, in the report's fields."""

    from_: Annotated[AssistingAgent, Field(alias="from")]
    to: str
    type: Literal["call"] = "call"
    metadata: Metadata | None = None


class AgentAssist(Session):
    """Places calls with one access token, and asks for such tokens."""

    refusal = staticmethod(refusal)

    def place_call(self, request: AssistedCall) -> None:
        """Place a call. Nothing is read from an accepted answer: the report shows none."""
        self.send("POST", CALLS, json=request.model_dump(by_alias=True, exclude_none=True))

    def client_credentials(self, client_id: str, client_secret: str, scopes: Sequence[str] = ()) -> Token:
        """A token of the application itself with these scopes. That the client is named by Basic is assumed."""
        asked = {"scope": " ".join(scopes)} if scopes else {}
        form = {"grant_type": "client_credentials", **asked}
        return read(Token, self.send("POST", "/api/v2/oauth/token", form=form, basic=(client_id, client_secret)))
