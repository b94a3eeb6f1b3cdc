"""The client of report 000: a dashboard that starts Personal Connection calls for agents (NICE CXone, as reported)."""

from typing import Literal

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consumer.errors import Refused
from consumer.session import ANSWER_SECONDS, CONNECT_SECONDS, Session


class PersonalConnectionCall(BaseModel):
    """Who calls whom: `agent_id` is the agent for whom the call is placed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    to: str
    from_: str = Field(alias="from")
    type: Literal["personalConnection"] = "personalConnection"
    agent_id: str = Field(alias="agentId")


class Refusal(BaseModel):
    """The one body of every refusal."""

    message: str = ""
    code: str = ""


def refusal(answer: requests.Response) -> Refused:
    """The error for a refused request: a plain `Refused`, since the answer does not tell the cause."""
    try:
        body = Refusal.model_validate_json(answer.content)
    except ValidationError:
        body = Refusal()
    return Refused(status=answer.status_code, code=body.code, message=body.message)


class ReportingDashboard(Session):
    """Starts calls with one access token."""

    def __init__(
        self, base_url: str, token: str | None = None, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)
    ) -> None:
        super().__init__(base_url, refusal, token, seconds)

    def start_call(self, request: PersonalConnectionCall) -> None:
        """Start a call. Nothing is read from an accepted answer: no report shows one."""
        self.send("POST", "/api/v2/outbound/calls", json=request.model_dump(by_alias=True))
