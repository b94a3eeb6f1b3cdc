"""The clients of the reports. A request is the JSON that a report or one of its answers shows, sent as it is.

Nothing is read from an accepted call but what its report shows. A 403 of a report that does not tell the cause is a
plain `Refused`.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests
from pydantic import BaseModel

from outdial.clients import errors
from outdial.clients.genesys_cloud import CALLS, Text
from outdial.clients.login import Token
from outdial.clients.session import Session, body_of, read, text

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKENS = "/api/v2/oauth/token"
ACTING_USER = "x-genesys-user-id"
Json = Mapping[str, Any]


class ReportingDashboard(Session):
    """Report 000: a dashboard that starts Personal Connection calls for agents (NICE CXone)."""

    def start_call(self, request: Json) -> None:
        """Start a call; its `agentId` is the agent for whom it is placed."""
        self.send("POST", "/api/v2/outbound/calls", json=request)


class WorkforceEngagementTool(Session):
    """Report 001: a tool that places calls for agents, and asks for tokens that carry an agent's context."""

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request, from the first entry of `errors`."""
        listed = body_of(answer).get("errors")
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        kind = self.kinds.get(answer.status_code, errors.Refused)
        return kind(answer.status_code, text(first, "code"), text(first, "message"))

    def place_call(self, request: Json) -> None:
        """Place a call, in the form of the asker (`routing`) or of an answer (`mediaType`, `wrapUpCode`, `ownerId`)."""
        self.send("POST", CALLS, json=request)

    def impersonate(self, user_id: str) -> Token:
        """Return a token with the context of a user (answer 5). The answer's form is assumed: the report shows none."""
        return read(Token, self.send("POST", f"/api/v2/users/{quote(user_id, safe='')}/impersonate"))

    def jwt_bearer(self, client_id: str, client_secret: str, assertion: str) -> Token:
        """Return a token of the user whom the assertion names (answer 2; RFC 7523). The path is assumed."""
        form = {"grant_type": JWT_BEARER, "assertion": assertion}
        return read(Token, self.send("POST", TOKENS, form=form, basic=(client_id, client_secret)))


class OmnichannelMiddleware(Session):
    """Report 002: a middleware that starts outbound voice connections (NICE CXone)."""

    kinds = {**Session.kinds, 403: errors.PermissionMissing}

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request. The body is text, the same for every cause."""
        return self.kinds.get(answer.status_code, errors.Refused)(answer.status_code, message=answer.text)

    def start_connection(self, request: Json) -> None:
        """Start a voice connection from a number of the organisation."""
        self.send("POST", "/api/v2/omnichannel/connections/outbound", json=request)


class StartedCall(BaseModel):
    """An accepted call: the report prints its `id`."""

    id: Text


class DesktopIntegration(Session):
    """Report 003: an integration in an agent's desktop that places calls past the dialer."""

    def place_call(self, request: Json, acting_user: str | None = None) -> StartedCall:
        """Place a call. `acting_user` is the id of the agent, where the token does not tell who it is."""
        headers = {ACTING_USER: acting_user} if acting_user else {}
        return read(StartedCall, self.send("POST", CALLS, json=request, headers=headers))


class AgentAssist(Session):
    """Report 004: an assistant that starts outbound calls for agents, within a campaign or by hand."""

    def place_call(self, request: Json) -> None:
        """Place a call; `metadata` tells its campaign, or that it is placed by hand."""
        self.send("POST", CALLS, json=request)

    def client_credentials(self, client_id: str, client_secret: str, scopes: Sequence[str] = ()) -> Token:
        """Return a token of the application itself with these scopes. Naming the client by Basic is assumed."""
        asked = {"scope": " ".join(scopes)} if scopes else {}
        form = {"grant_type": "client_credentials", **asked}
        return read(Token, self.send("POST", TOKENS, form=form, basic=(client_id, client_secret)))
