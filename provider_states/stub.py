"""Arranges provider states in the stub's world."""

from base64 import b64encode
from secrets import randbelow, token_urlsafe
from uuid import uuid4

from contracts import states
from provider_stub import world as stub
from provider_stub.facts import challenge

Made = dict[str, str]


class StubProvider:
    """The `Provider` port over a `World`."""

    def __init__(self, world: stub.World) -> None:
        self._world = world

    def access_token(self, given: states.AccessToken) -> Made:
        text = f"stub-{token_urlsafe(32)}"
        user = self.agent(given.user)["agentId"] if given.user else None
        if given.status != "unknown":
            role = given.user.role if given.user else given.role or states.Role()
            token = stub.Token(
                status=given.status,
                grant=given.grant,
                scopes=frozenset(given.scopes),
                permissions=_grants(role),
                user=user,
                acts_on_behalf=given.acts_on_behalf,
                rate_limit=given.rate_limit,
            )
            self._world.add("token", text, token)
        return {"accessToken": text, "userId": user} if user else {"accessToken": text}

    def agent(self, given: states.Agent) -> Made:
        identifier = str(uuid4())
        if given.exists:
            agent = stub.Agent(
                division=given.division,
                role=given.role.name,
                permissions=_grants(given.role),
                **given.model_dump(exclude={"exists", "division", "role"}),
            )
            self._world.add("agent", identifier, agent)
        return {"agentId": identifier}

    def colleague(self, given: states.Colleague) -> Made:
        return {"colleagueId": self._keep("agent", stub.Agent())}

    def outbound_number(self, given: states.OutboundNumber) -> Made:
        number = _number()
        record = stub.Number(**given.model_dump())
        self._world.add("number", number, record)
        return {"fromNumber": number, "fromNumberId": self._keep("number", record)}

    def destination_number(self, given: states.DestinationNumber) -> Made:
        number = _number()
        self._world.add("destination", number, stub.Destination(given.placeable))
        return {"phoneNumber": number}

    def queue(self, given: states.Queue) -> Made:
        return {"queueId": self._keep("queue", stub.Thing())}

    def skill(self, given: states.Skill) -> Made:
        return {"skillId": self._keep("skill", stub.Thing())}

    def campaign(self, given: states.Campaign) -> Made:
        return {"campaignId": self._keep("campaign", stub.Thing())}

    def external_contact(self, given: states.ExternalContact) -> Made:
        return {"externalContactId": self._keep("contact", stub.Thing() if given.exists else None)}

    def conversation(self, given: states.Conversation) -> Made:
        agent = self.agent(states.Agent())["agentId"]
        return {"conversationId": self._keep("conversation", stub.Conversation(agent) if given.exists else None)}

    def oauth_client(self, given: states.OAuthClient) -> Made:
        identifier, secret = str(uuid4()), token_urlsafe(24)
        if given.exists:
            client = stub.Client(
                secret=secret,
                grant=given.grant,
                scopes=frozenset(given.scopes),
                permissions=_grants(given.role),
            )
            self._world.add("client", identifier, client)
        shown = secret if given.secret == "right" else token_urlsafe(24)
        basic = b64encode(f"{identifier}:{shown}".encode()).decode()
        return {"clientId": identifier, "clientSecret": shown, "clientCredentials": basic}

    def authorization_code(self, given: states.AuthorizationCode) -> Made:
        client = self.oauth_client(given.client)
        verifier, redirect = token_urlsafe(48), "https://outdial.example/callback"
        code = given.status != "unknown" and stub.Code(
            client=client["clientId"],
            status=given.status,
            user=self._keep("agent", stub.Agent()),
            challenge=challenge(verifier),
            redirect_uri=redirect if given.redirect_uri == "registered" else "https://elsewhere.example/callback",
        )
        shown = verifier if given.verifier == "right" else token_urlsafe(48)
        return {
            **client,
            "authorizationCode": self._code(code or None),
            "codeVerifier": shown,
            "redirectUri": redirect,
        }

    def refresh_token(self, given: states.RefreshToken) -> Made:
        client = self.oauth_client(given.client)
        code = given.status != "unknown" and stub.Code(
            client=client["clientId"], status=given.status, user=self._keep("agent", stub.Agent())
        )
        return {**client, "refreshToken": self._code(code or None)}

    def signed_assertion(self, given: states.Assertion) -> Made:
        client = self.oauth_client(given.client)
        user, organisation = self.agent(given.user)["agentId"], f"organisation-{uuid4().hex[:8]}"
        signed = stub.Code(
            client=client["clientId"],
            status=given.status,
            user=user,
            organisation=organisation,
            scopes=frozenset(given.scopes),
        )
        return {**client, "assertion": self._code(signed), "orgName": organisation, "agentId": user}

    def _code(self, code: stub.Code | None) -> str:
        """A new text to exchange for a token, worth what `code` says, or nothing."""
        text = token_urlsafe(32)
        if code:
            self._world.add("code", text, code)
        return text

    def _keep(self, kind: str, record: object | None) -> str:
        """A new id, under which a record is kept unless there is none."""
        identifier = str(uuid4())
        if record is not None:
            self._world.add(kind, identifier, record)
        return identifier


def _grants(role: states.Role) -> stub.Grants:
    return frozenset((permission, role.division) for permission in role.permissions)


def _number() -> str:
    """A new number in E.164, in a range kept for fiction (area code 999 is assigned to nobody)."""
    return f"+1999555{randbelow(10**7):07}"
