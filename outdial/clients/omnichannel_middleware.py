"""The client of report 002: a middleware that starts outbound voice connections (NICE CXone, as reported)."""

from typing import Literal

import requests
from pydantic import BaseModel, ConfigDict, Field

from outdial.clients import errors
from outdial.clients.session import Session

BY_STATUS: dict[int, type[errors.Refused]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    403: errors.PermissionMissing,
}


class Metadata(BaseModel):
    """Context of a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    campaign_id: str = Field(alias="campaignId")


class Connection(BaseModel):
    """Request of a call from a number of the organisation."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    to: str
    from_: str = Field(alias="from")
    type: Literal["voice"] = "voice"
    metadata: Metadata


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request. The body is text, the same for every cause."""
    kind = BY_STATUS.get(answer.status_code, errors.Refused)
    return kind(status=answer.status_code, message=answer.text)


class OmnichannelMiddleware(Session):
    """Starts connections with one access token."""

    refusal = staticmethod(refusal)

    def start_connection(self, request: Connection) -> None:
        """Start a voice connection. Nothing is read from an accepted answer: no report shows one."""
        self.send("POST", "/api/v2/omnichannel/connections/outbound", json=request.model_dump(by_alias=True))
