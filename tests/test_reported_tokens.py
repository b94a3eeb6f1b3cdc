"""The reported ways to a token lead somewhere: the edition that issues a token accepts it for the call."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from outdial.clients import AgentAssist, AssistedCall, ImpersonatedCall, Refused, Token, WorkforceEngagementTool
from outdial.verification.stub_process import RunningStub

Ask = Callable[[RunningStub], Token]
CALL_SCOPES = ["user:read", "conversation:call:write"]
SERVICE_ACCOUNT: dict[str, Any] = {"grant": "client_credentials", "scopes": CALL_SCOPES, "acts_on_behalf": True}


def given(stub: RunningStub, state: str, **parameters: object) -> dict[str, str]:
    """Arrange one provider state and return its values."""
    answer = requests.post(stub.state_url, json={"state": state, "params": parameters, "action": "setup"}, timeout=5)
    answer.raise_for_status()
    values: dict[str, str] = answer.json()
    return values


def impersonate(stub: RunningStub) -> Token:
    """A token by answer 5 of report 001."""
    token, agent = given(stub, "an access token", **SERVICE_ACCOUNT), given(stub, "an agent")
    with WorkforceEngagementTool(f"{stub.url}/genesys-cloud.impersonation", token["accessToken"]) as tool:
        return tool.impersonate(agent["agentId"])


def jwt_bearer(stub: RunningStub) -> Token:
    """A token by answer 2 of report 001."""
    signed = given(stub, "a signed assertion", client={"grant": "jwt_bearer", "scopes": CALL_SCOPES})
    with WorkforceEngagementTool(f"{stub.url}/genesys-cloud.impersonation") as tool:
        return tool.jwt_bearer(signed["clientId"], signed["clientSecret"], signed["assertion"])


@pytest.mark.parametrize("ask", [impersonate, jwt_bearer])
def test_an_impersonating_token_places_the_call_that_the_service_account_may_not(stub: RunningStub, ask: Ask) -> None:
    """Report 001: the same call is refused with the service account's own token, and accepted with the agent's."""
    number = given(stub, "an outbound number")["fromNumber"]
    call = ImpersonatedCall.model_validate(
        {
            "from": {"phoneNumber": number, "name": "Agent Name"},
            "to": {"phoneNumber": "+15559876543"},
            "wrapUpCode": {"id": "standard"},
        }
    )
    url = f"{stub.url}/genesys-cloud.impersonation"
    own = given(stub, "an access token", **SERVICE_ACCOUNT)["accessToken"]
    with WorkforceEngagementTool(url, own) as tool, pytest.raises(Refused):
        tool.place_call(call)
    with WorkforceEngagementTool(url, ask(stub).access_token.get_secret_value()) as tool:
        tool.place_call(call)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_token_places_the_calls_of_its_scopes_only(stub: RunningStub, accepted: bool) -> None:
    """Report 004: a token asked for with the campaign scope places the call, one without it does not."""
    scopes = ["conversations:write", "outbound:campaign:write"][: 2 if accepted else 1]
    client = given(stub, "an OAuth client", scopes=scopes)
    agent, campaign = given(stub, "an agent")["agentId"], given(stub, "a campaign")["campaignId"]
    call = AssistedCall.model_validate(
        {
            "from": {"id": agent, "name": "Agent Name"},
            "to": "+15551234567",
            "metadata": {"outbound": {"campaignId": campaign}},
        }
    )
    url = f"{stub.url}/genesys-cloud.campaign-scope"
    with AgentAssist(url) as assistant:
        token = assistant.client_credentials(client["clientId"], client["clientSecret"], scopes)
    with AgentAssist(url, token.access_token.get_secret_value()) as assistant:
        if accepted:
            assistant.place_call(call)
        else:
            with pytest.raises(Refused, match="insufficient privileges"):
                assistant.place_call(call)
