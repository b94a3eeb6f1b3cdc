"""The clients of the reports, in each form that a report and its answers give.

Nothing is read from an accepted call but what its report shows. A 403 of a report that does not tell the cause is a
plain `Refused`.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote

import requests
from pydantic import BaseModel, ConfigDict, Field

from outdial.clients import errors
from outdial.clients.genesys_cloud import CALLS, Message, Text
from outdial.clients.login import Token
from outdial.clients.session import Session, body_of, read, text

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACTING_USER = "x-genesys-user-id"


class Form(Message):
    """A message that holds the report's fields and no other."""

    model_config = ConfigDict(extra="forbid")


class PersonalConnectionCall(Form):
    """Request of a call; `agent_id` is the agent for whom it is placed."""

    to: str
    from_: str = Field(alias="from")
    type: Literal["personalConnection"] = "personalConnection"
    agent_id: str


class ReportingDashboard(Session):
    """Report 000: a dashboard that starts Personal Connection calls for agents (NICE CXone)."""

    def start_call(self, request: PersonalConnectionCall) -> None:
        """Start a call."""
        self.send("POST", "/api/v2/outbound/calls", json=request.model_dump(by_alias=True))


class Ref(Form):
    """Something by its id."""

    id: str


class Party(Form):
    """One end of the call."""

    phone_number: str
    name: str | None = None


class QueueRouting(Form):
    """The queue and the skill that the asker routes by."""

    queue_id: str
    skill: Ref


class DirectRouting(Form):
    """Routing straight to a number (answer 1)."""

    type: Literal["direct"]
    to: Party


class AskedCall(Form):
    """The asker's form: `to` is the agent's id, `from` the id of an outbound number."""

    to: str
    from_: Annotated[str, Field(alias="from")]
    routing: QueueRouting


class UserCall(Form):
    """The form of answer 1: the call comes from a user."""

    from_: Annotated[Ref, Field(alias="from")]
    to: Party
    media_type: Literal["audio"]
    routing: DirectRouting


class ImpersonatedCall(Form):
    """The form of answer 2: the call comes from a number, the agent is the token's user."""

    from_: Annotated[Party, Field(alias="from")]
    to: Party
    wrap_up_code: Ref


class OwnedCall(Form):
    """The form of answers 3 and 4: `owner_id` is the agent for whom the call is placed."""

    to: str
    from_: Annotated[Party, Field(alias="from")]
    owner_id: str | None = None
    type: Literal["external"]
    wrap_up_code: str | None = None
    monitor: bool
    record: bool
    outbound_phone_number_id: str | None = None


class WorkforceEngagementTool(Session):
    """Report 001: a tool that places calls for agents, and asks for tokens that carry an agent's context."""

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request, from the first entry of `errors`."""
        listed = body_of(answer).get("errors")
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        kind = self.kinds.get(answer.status_code, errors.Refused)
        return kind(answer.status_code, text(first, "code"), text(first, "message"))

    def place_call(self, request: AskedCall | UserCall | ImpersonatedCall | OwnedCall) -> None:
        """Place a call. Fields that were given are sent, `None` as null."""
        self.send("POST", CALLS, json=request.model_dump(by_alias=True, exclude_unset=True))

    def impersonate(self, user_id: str) -> Token:
        """Return a token with the context of a user (answer 5). The answer's form is assumed: the report shows none."""
        return read(Token, self.send("POST", f"/api/v2/users/{quote(user_id, safe='')}/impersonate"))

    def jwt_bearer(self, client_id: str, client_secret: str, assertion: str) -> Token:
        """Return a token of the user whom the assertion names (answer 2; RFC 7523). The path is assumed."""
        form = {"grant_type": JWT_BEARER, "assertion": assertion}
        return read(Token, self.send("POST", "/api/v2/oauth/token", form=form, basic=(client_id, client_secret)))


class Campaign(Form):
    """Context of a connection."""

    campaign_id: str


class Connection(Form):
    """Request of a call from a number of the organisation."""

    to: str
    from_: str = Field(alias="from")
    type: Literal["voice"] = "voice"
    metadata: Campaign


class OmnichannelMiddleware(Session):
    """Report 002: a middleware that starts outbound voice connections (NICE CXone)."""

    kinds = {**Session.kinds, 403: errors.PermissionMissing}

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request. The body is text, the same for every cause."""
        return self.kinds.get(answer.status_code, errors.Refused)(answer.status_code, message=answer.text)

    def start_connection(self, request: Connection) -> None:
        """Start a voice connection."""
        self.send("POST", "/api/v2/omnichannel/connections/outbound", json=request.model_dump(by_alias=True))


class Line(Form):
    """A telephone number with the name that goes with it."""

    phone_number: str
    name: str


class SupportCall(Form):
    """Request of a call from a line, in the report's fields."""

    from_: Annotated[Line, Field(alias="from")]
    to: list[Line]
    wrap_up_code: str
    queue_id: str


class StartedCall(BaseModel):
    """An accepted call: the report prints its `id`."""

    id: Text


class DesktopIntegration(Session):
    """Report 003: an integration in an agent's desktop that places calls past the dialer."""

    def place_call(self, request: SupportCall, acting_user: str | None = None) -> StartedCall:
        """Place a call. `acting_user` is the id of the agent, where the token does not tell who it is."""
        headers = {ACTING_USER: acting_user} if acting_user else {}
        return read(StartedCall, self.send("POST", CALLS, json=request.model_dump(by_alias=True), headers=headers))


class AssistingAgent(Form):
    """The agent for whom the call is placed."""

    id: str
    name: str


class Outbound(Form):
    """Context of a call; without a campaign, a manual call."""

    campaign_id: str | None = None


class Metadata(Form):
    """The block that tells the platform that this is no predictive call."""

    outbound: Outbound | None = None


class AssistedCall(Form):
    """Request of a call, in the report's fields."""

    from_: Annotated[AssistingAgent, Field(alias="from")]
    to: str
    type: Literal["call"] = "call"
    metadata: Metadata | None = None


class AgentAssist(Session):
    """Report 004: an assistant that starts outbound calls for agents, within a campaign or by hand."""

    def place_call(self, request: AssistedCall) -> None:
        """Place a call."""
        self.send("POST", CALLS, json=request.model_dump(by_alias=True, exclude_none=True))

    def client_credentials(self, client_id: str, client_secret: str, scopes: Sequence[str] = ()) -> Token:
        """Return a token of the application itself with these scopes. Naming the client by Basic is assumed."""
        asked = {"scope": " ".join(scopes)} if scopes else {}
        form = {"grant_type": "client_credentials", **asked}
        return read(Token, self.send("POST", "/api/v2/oauth/token", form=form, basic=(client_id, client_secret)))
