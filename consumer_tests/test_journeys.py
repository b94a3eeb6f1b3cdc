"""Journeys: what takes more than one request. Each runs against any provider with a state URL.

`outdial verify` runs them after the rows; `pytest consumer_tests/test_journeys.py` runs them against a stub.
`basis` is that of the weakest step: an assumed journey does not decide against another provider than the stub.
"""

import pytest

from consumer_tests.conftest import Provider
from outdial.clients import (
    AgentAssist,
    CallRequest,
    Dial,
    GenesysCloud,
    GenesysLogin,
    NiceCxone,
    NiceCxoneLogin,
    Station,
    Token,
    WorkforceEngagementTool,
)
from outdial.clients.errors import (
    AuthenticationFailed,
    BadRequest,
    NotFound,
    PermissionMissing,
    Refused,
    ScopeMissing,
    SessionEnded,
)

journey = pytest.mark.journey
NUMBER = "+13175550142"
CALLER = {"grant": "authorization_code", "scopes": ["conversations"]}
ADD_CALL = {"role": {"permissions": ["conversation:call:add"]}}
ADD_CONFERENCE = {"role": {"permissions": ["conversation:conference:add"]}}


def text(token: Token) -> str:
    """Return the text of an access token."""
    return token.access_token.get_secret_value()


def by_code(provider: Provider, login: dict[str, str]) -> Token:
    """Return the token for an authorization code."""
    with GenesysLogin(provider.url("genesys-cloud-login")) as client:
        return client.authorization_code(
            login["clientId"], login["clientSecret"], login["authorizationCode"], login["redirectUri"]
        )


def refreshed(provider: Provider, login: dict[str, str], refresh_token: str) -> Token:
    """Return the token for a refresh token."""
    with GenesysLogin(provider.url("genesys-cloud-login")) as client:
        return client.refresh(login["clientId"], login["clientSecret"], refresh_token)


@journey("genesys-cloud", basis="published")
def test_placed_call_is_read(provider: Provider) -> None:
    """A call placed for an agent is read by its id; a second call has another id."""
    user = provider.state("an access token", **CALLER, user=ADD_CALL)
    agents = [provider.state("an agent")["agentId"] for _ in range(2)]
    with GenesysCloud(provider.url("genesys-cloud"), token=user["accessToken"]) as client:
        first, second = (client.place_call_for_agent(agent, CallRequest(phone_number=NUMBER)) for agent in agents)
        assert first.id != second.id
        assert [client.get_call(call.id).id for call in (first, second)] == [first.id, second.id]


@journey("genesys-cloud", basis="assumed")
def test_placed_call_is_the_agents(provider: Provider) -> None:
    """The agent for whom a call was placed is one of its participants."""
    user = provider.state("an access token", **CALLER, user=ADD_CALL)
    agent = provider.state("an agent")["agentId"]
    with GenesysCloud(provider.url("genesys-cloud"), token=user["accessToken"]) as client:
        call = client.place_call_for_agent(agent, CallRequest(phone_number=NUMBER))
        assert agent in [each.user["id"] for each in client.get_call(call.id).participants if each.user]


@journey("genesys-cloud", basis="assumed")
def test_accepted_then_failed(provider: Provider) -> None:
    """A call to a number without an outbound route is accepted, and its conversation tells that it failed."""
    user = provider.state("an access token", **CALLER, user=ADD_CALL)
    agent = provider.state("an agent")["agentId"]
    number = provider.state("a destination number", outcome="no_route")["phoneNumber"]
    with GenesysCloud(provider.url("genesys-cloud"), token=user["accessToken"]) as client:
        call = client.place_call_for_agent(agent, CallRequest(phone_number=number))
        ended = [each for each in client.get_call(call.id).participants if each.state == "terminated"]
    assert ended
    assert [each.error_info.code for each in ended if each.error_info]


@journey("genesys-cloud", basis="assumed")
def test_expired_token_is_refreshed(provider: Provider) -> None:
    """A user whose token has expired is refused until the token is refreshed."""
    call = provider.state("a conversation")["conversationId"]
    expired = provider.state("an access token", **CALLER, user={}, status="expired")["accessToken"]
    login = provider.state("a refresh token", client=CALLER)
    with GenesysCloud(provider.url("genesys-cloud"), token=expired) as client, pytest.raises(AuthenticationFailed):
        client.get_call(call)
    token = refreshed(provider, login, login["refreshToken"])
    with GenesysCloud(provider.url("genesys-cloud"), token=text(token)) as client:
        assert client.get_call(call).id == call
    with GenesysCloud(provider.url("genesys-cloud"), token=expired) as client, pytest.raises(AuthenticationFailed):
        client.get_call(call)


@journey("genesys-cloud", basis="assumed")
def test_code_token_is_the_users(provider: Provider) -> None:
    """A token by authorization code calls as its user, and has no more than its scopes and permissions."""
    login = provider.state("an authorization code", client=CALLER, user=ADD_CONFERENCE)
    agent = provider.state("an agent")["agentId"]
    with GenesysCloud(provider.url("genesys-cloud"), token=text(by_code(provider, login))) as client:
        call = client.place_call(CallRequest(phone_number=NUMBER))
        assert login["agentId"] in [each.user["id"] for each in client.get_call(call.id).participants if each.user]
        with pytest.raises(PermissionMissing):
            client.place_call_for_agent(agent, CallRequest(phone_number=NUMBER))
    small = {**CALLER, "scopes": ["conversations:readonly"]}
    login = provider.state("an authorization code", client=small, user=ADD_CONFERENCE)
    token = by_code(provider, login)
    with GenesysCloud(provider.url("genesys-cloud"), token=text(token)) as client, pytest.raises(ScopeMissing):
        client.place_call(CallRequest(phone_number=NUMBER))


@journey("genesys-cloud-login", basis="assumed")
def test_code_is_used_once(provider: Provider) -> None:
    """An authorization code that gave a token gives no second one."""
    login = provider.state("an authorization code")
    by_code(provider, login)
    with pytest.raises(AuthenticationFailed) as refused:
        by_code(provider, login)
    assert refused.value.code == "invalid_grant"


@journey("genesys-cloud-login", basis="assumed")
def test_refresh_token_is_used_once(provider: Provider) -> None:
    """A refresh token gives a new token and its successor once, and the successor works."""
    login = provider.state("a refresh token")
    token = refreshed(provider, login, login["refreshToken"])
    with pytest.raises(AuthenticationFailed) as refused:
        refreshed(provider, login, login["refreshToken"])
    assert refused.value.code == "invalid_grant"
    assert token.refresh_token is not None
    again = refreshed(provider, login, token.refresh_token.get_secret_value())
    assert again.access_token != token.access_token
    assert again.refresh_token != token.refresh_token


@journey("genesys-cloud.impersonation", basis="assumed")
def test_impersonate_then_call(provider: Provider) -> None:
    """A service account is refused, impersonates the agent, and places the call as the agent."""
    edition, agent = provider.url("genesys-cloud.impersonation"), provider.state("an agent")["agentId"]
    scopes = ["user:read", "conversation:call:write"]
    service = provider.state("an access token", grant="client_credentials", scopes=scopes, acts_on_behalf=True)
    call = {
        "from": {"phoneNumber": provider.state("an outbound number")["fromNumber"], "name": "Agent Name"},
        "to": {"phoneNumber": NUMBER},
        "wrapUpCode": {"id": "standard"},
    }
    with WorkforceEngagementTool(edition, token=service["accessToken"]) as client:
        with pytest.raises(Refused) as refused:
            client.place_call(call)
        assert refused.value.status == 403
        token = client.impersonate(agent)
    with WorkforceEngagementTool(edition, token=text(token)) as client:
        client.place_call(call)


@journey("genesys-cloud.campaign-scope", basis="assumed")
def test_campaign_scope_then_call(provider: Provider) -> None:
    """An application without the campaign scope is refused; another, which has it, places the call."""
    edition, campaign = provider.url("genesys-cloud.campaign-scope"), provider.state("a campaign")["campaignId"]
    call = {
        "from": {"id": provider.state("an agent")["agentId"], "name": "Agent Name"},
        "to": NUMBER,
        "type": "call",
        "metadata": {"outbound": {"campaignId": campaign}},
    }

    def token_for(scopes: list[str]) -> str:
        application = provider.state("an OAuth client", scopes=scopes)
        with AgentAssist(edition) as client:
            return text(client.client_credentials(application["clientId"], application["clientSecret"], scopes))

    with AgentAssist(edition, token=token_for(["conversations:write"])) as client:
        with pytest.raises(Refused) as refused:
            client.place_call(call)
        assert refused.value.status == 403
    with AgentAssist(edition, token=token_for(["conversations:write", "outbound:campaign:execute"])) as client:
        client.place_call(call)


def agent_session(provider: Provider, **params: object) -> tuple[NiceCxone, str]:
    """Return a client and its session."""
    agent = provider.state("an agent session", **params)
    return NiceCxone(provider.url("nice-cxone"), token=agent["accessToken"]), agent["sessionId"]


def dial_to(provider: Provider, strategy: str = "Manual", **number: object) -> Dial:
    """Return a dial to a number of the provider, by a skill of this strategy."""
    skill = provider.state("an ACD skill", strategy=strategy)["acdSkillId"]
    return Dial(phone_number=provider.state("a number to dial", **number)["phoneNumber"], skill_id=int(skill))


@journey("nice-cxone", basis="assumed")
def test_dial_events_end(provider: Provider) -> None:
    """A dial is accepted, then its events tell that it is active, until the session ends with its calls."""
    application, access_key = provider.state("an OAuth client"), provider.state("an access key")
    dial = dial_to(provider)
    with NiceCxoneLogin(provider.url("nice-cxone-login")) as login:
        token = login.password(
            application["clientId"],
            application["clientSecret"],
            access_key["accessKeyId"],
            access_key["accessKeySecret"],
        )
    with NiceCxone(provider.url("nice-cxone"), token=text(token)) as client:
        session = client.start_session(Station(station_id="3001")).session_id
        assert client.next_event(session).events == ()
        client.dial_phone(session, dial)
        (dialing,) = client.next_event(session).events
        (active,) = client.next_event(session).events
        assert (dialing.status, active.status, active.contact_id) == ("Dialing", "Active", dialing.contact_id)
        client.end_session(session)
        with pytest.raises(SessionEnded):
            client.next_event(session)


@journey("nice-cxone", basis="assumed")
def test_failed_call_is_told_by_events(provider: Provider) -> None:
    """Two dials in one session that fail are told apart, each with its reason."""
    client, session = agent_session(provider)
    contacts = []
    with client:
        client.set_state(session, "Available")
        for outcome in ("BadNumber", "Rejected"):
            client.dial_phone(session, dial_to(provider, outcome=outcome))
            (dialing,) = client.next_event(session).events
            (failed,) = client.next_event(session).events
            assert (dialing.status, failed.status, failed.disconnect_code) == ("Dialing", "Disconnected", outcome)
            contacts.append(failed.contact_id)
    assert len(set(contacts)) == 2


@journey("nice-cxone", basis="assumed")
def test_refused_dial_leaves_no_call(provider: Provider) -> None:
    """A refused dial leaves no event, and the session still dials."""
    client, session = agent_session(provider)
    with client:
        with pytest.raises(BadRequest):
            client.dial_phone(session, dial_to(provider, strategy="PersonalConnection"))
        assert client.next_event(session).events == ()
        client.dial_phone(session, dial_to(provider))
        assert [each.status for each in client.next_event(session).events] == ["Dialing"]


@journey("nice-cxone", basis="assumed")
def test_session_of_others_is_refused(provider: Provider) -> None:
    """An agent is refused in the session of another, which stays as it was."""
    owner, session = agent_session(provider, pending=[{"Type": "AgentState"}])
    other, _ = agent_session(provider)
    dial = dial_to(provider)
    with owner, other:
        with pytest.raises(NotFound):
            other.next_event(session)
        with pytest.raises(NotFound):
            other.dial_phone(session, dial)
        with pytest.raises(NotFound):
            other.end_session(session)
        assert [each.type for each in owner.next_event(session).events] == ["AgentState"]
        owner.end_session(session)
