"""The client of report 001: a tool that places calls for agents, in each form that the report and its answers give."""

from typing import Annotated, Literal
from urllib.parse import quote

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outdial.clients import errors
from outdial.clients.genesys_cloud import CALLS, Message, read
from outdial.clients.genesys_login import Token
from outdial.clients.session import Session

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
BY_STATUS: dict[int, type[errors.Refused]] = {400: errors.BadRequest, 401: errors.AuthenticationFailed}


class WorkforceForm(Message):
    """A message that holds the report's fields and no other."""

    model_config = ConfigDict(extra="forbid")


class Ref(WorkforceForm):
    """Something by its id."""

    id: str


class Party(WorkforceForm):
    """One end of the call."""

    phone_number: str
    name: str | None = None


class QueueRouting(WorkforceForm):
    """The queue and the skill that the asker routes by."""

    queue_id: str
    skill: Ref


class DirectRouting(WorkforceForm):
    """Routing straight to a number (answer 1)."""

    type: Literal["direct"]
    to: Party


class AskedCall(WorkforceForm):
    """The asker's form: `to` is the agent's id, `from` the id of an outbound number."""

    to: str
    from_: Annotated[str, Field(alias="from")]
    routing: QueueRouting


class UserCall(WorkforceForm):
    """The form of answer 1: the call comes from a user."""

    from_: Annotated[Ref, Field(alias="from")]
    to: Party
    media_type: Literal["audio"]
    routing: DirectRouting


class ImpersonatedCall(WorkforceForm):
    """The form of answer 2: the call comes from a number, the agent is the token's user."""

    from_: Annotated[Party, Field(alias="from")]
    to: Party
    wrap_up_code: Ref


class OwnedCall(WorkforceForm):
    """The form of answers 3 and 4: `owner_id` is the agent for whom the call is placed."""

    to: str
    from_: Annotated[Party, Field(alias="from")]
    owner_id: str | None = None
    type: Literal["external"]
    wrap_up_code: str | None = None
    monitor: bool
    record: bool
    outbound_phone_number_id: str | None = None


class Problem(BaseModel):
    """One entry of `errors`."""

    code: str = ""
    message: str = ""


class RefusalBody(BaseModel):
    """The one body of every refusal."""

    errors: tuple[Problem, ...] = ()


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request. A 403 is a plain `Refused`, since its answer does not tell the cause."""
    try:
        listed = RefusalBody.model_validate_json(answer.content).errors
    except ValidationError:
        listed = ()
    first = listed[0] if listed else Problem()
    kind = BY_STATUS.get(answer.status_code, errors.Refused)
    return kind(status=answer.status_code, code=first.code, message=first.message)


class WorkforceEngagementTool(Session):
    """Places calls with one access token, and asks for tokens that carry an agent's context."""

    refusal = staticmethod(refusal)

    def place_call(self, request: AskedCall | UserCall | ImpersonatedCall | OwnedCall) -> None:
        """Place a call. Fields that were given are sent, `None` as null; nothing is read from an accepted answer:
        the report shows none."""
        self.send("POST", CALLS, json=request.model_dump(by_alias=True, exclude_unset=True))

    def impersonate(self, user_id: str) -> Token:
        """A token with the context of a user (answer 5). The answer's form is assumed: the report shows none."""
        return read(Token, self.send("POST", f"/api/v2/users/{quote(user_id, safe='')}/impersonate"))

    def jwt_bearer(self, client_id: str, client_secret: str, assertion: str) -> Token:
        """A token with the context of the user whom the assertion names (answer 2; RFC 7523). The path is assumed."""
        form = {"grant_type": JWT_BEARER, "assertion": assertion}
        return read(Token, self.send("POST", "/api/v2/oauth/token", form=form, basic=(client_id, client_secret)))
