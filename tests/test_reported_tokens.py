"""The reported ways to a token lead somewhere: the edition that issues a token accepts it for the call."""

import pytest

from outdial.clients import AgentAssist, WorkforceEngagementTool
from outdial.clients.errors import Refused
from outdial.verification.stub_process import RunningStub
from tests.conftest import made

SCOPES = ["user:read", "conversation:call:write"]


@pytest.mark.parametrize("way", ["impersonation", "a signed assertion"])
def test_an_impersonating_token_places_the_call_that_the_service_account_may_not(stub: RunningStub, way: str) -> None:
    """Report 001: the same call is refused with the service account's own token, and accepted with the agent's."""
    url = f"{stub.url}/genesys-cloud.impersonation"
    number, agent = made(stub, "an outbound number")["fromNumber"], made(stub, "an agent")["agentId"]
    account = made(stub, "an access token", grant="client_credentials", scopes=SCOPES, acts_on_behalf=True)
    signed = made(stub, "a signed assertion", client={"grant": "jwt_bearer", "scopes": SCOPES})
    parties = {"from": {"phoneNumber": number, "name": "Agent Name"}, "to": {"phoneNumber": "+15559876543"}}
    call = {**parties, "wrapUpCode": {"id": "standard"}}
    with WorkforceEngagementTool(url, account["accessToken"]) as tool:
        with pytest.raises(Refused):
            tool.place_call(call)
        token = tool.impersonate(agent)
    if way != "impersonation":
        with WorkforceEngagementTool(url) as tool:
            token = tool.jwt_bearer(signed["clientId"], signed["clientSecret"], signed["assertion"])
    with WorkforceEngagementTool(url, token.access_token.get_secret_value()) as tool:
        tool.place_call(call)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_token_places_the_calls_of_its_scopes_only(stub: RunningStub, accepted: bool) -> None:
    """Report 004: a token asked for with the campaign scope places the call, one without it does not."""
    scopes, url = ["conversations:write", "outbound:campaign:write"], f"{stub.url}/genesys-cloud.campaign-scope"
    client = made(stub, "an OAuth client", scopes=(scopes := scopes[: 2 if accepted else 1]))
    agent, campaign = made(stub, "an agent")["agentId"], made(stub, "a campaign")["campaignId"]
    parties = {"from": {"id": agent, "name": "Agent Name"}, "to": "+15551234567"}
    call = {**parties, "type": "call", "metadata": {"outbound": {"campaignId": campaign}}}
    with AgentAssist(url) as assistant:
        token = assistant.client_credentials(client["clientId"], client["clientSecret"], scopes)
    with AgentAssist(url, token.access_token.get_secret_value()) as assistant:
        if accepted:
            assistant.place_call(call)
            return
        with pytest.raises(Refused, match="insufficient privileges"):
            assistant.place_call(call)
