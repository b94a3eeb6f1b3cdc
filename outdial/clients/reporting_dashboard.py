"""The client of report 000: a dashboard that starts Personal Connection calls for agents (NICE CXone, as reported)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from outdial.clients.message_refusal import refusal
from outdial.clients.session import Session


class PersonalConnectionCall(BaseModel):
    """Request of a call; `agent_id` is the agent for whom it is placed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    to: str
    from_: str = Field(alias="from")
    type: Literal["personalConnection"] = "personalConnection"
    agent_id: str = Field(alias="agentId")


class ReportingDashboard(Session):
    """Starts calls with one access token."""

    refusal = staticmethod(refusal)

    def start_call(self, request: PersonalConnectionCall) -> None:
        """Start a call. Nothing is read from an accepted answer: no report shows one."""
        self.send("POST", "/api/v2/outbound/calls", json=request.model_dump(by_alias=True))
