"""The provider-state vocabulary: what may be given, with which parameters, and which values come back.

A state makes new things in a provider and returns their ids and tokens by the names in `returns`. Time,
ids and tokens are named here (`status: expired`), never written down.
"""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from yaml_documents import Strict

Division = Literal["home", "other"]
Grant = Literal["client_credentials", "authorization_code", "saml2_bearer", "jwt_bearer", "impersonation"]


class StateParameters(Strict):
    """Parameters of one provider state; `returns` names the values that its handler answers."""

    returns: ClassVar[tuple[str, ...]] = ()


class Role(Strict):
    """What its holder may do, and in which division."""

    name: str | None = None
    permissions: tuple[str, ...] = ()
    division: Division = "home"


class Agent(StateParameters):
    """A user who takes and places calls. `exists: false` returns an id that nobody has."""

    returns: ClassVar = ("agentId",)

    exists: bool = True
    division: Division = "home"
    role: Role = Role()
    station: Literal["associated", "none", "phone_without_edge", "edge_down"] = "associated"
    presence: Literal["Available", "Ready", "Busy", "Offline"] = "Available"
    phone_number: Literal["assigned", "none"] = "assigned"
    on_conversation: bool = False
    after_call_work: bool = False
    logged_in: bool = True


class AccessToken(StateParameters):
    """A bearer token. Only a grant with a user context has a `user`, whose role then decides.

    `acts_on_behalf` is an application's right to act for agents; `rate_limit: spent` means that no
    further request is allowed in this period.
    """

    returns: ClassVar = ("accessToken", "userId")

    grant: Grant = "client_credentials"
    scopes: tuple[str, ...] = ()
    role: Role | None = None
    user: Agent | None = None
    status: Literal["valid", "expired", "revoked", "unknown"] = "valid"
    rate_limit: Literal["free", "spent"] = "free"
    acts_on_behalf: bool = False

    @model_validator(mode="after")
    def _fits_its_grant(self) -> Self:
        application = self.grant == "client_credentials"
        if application and self.user:
            raise ValueError("a client_credentials token has no user; give it a role, or another grant")
        if self.user and not self.user.exists:
            raise ValueError("a token's user exists; for a token that is worth nothing any more: status: revoked")
        if not application and not self.user:
            raise ValueError(f"a token by {self.grant} stands for a user; say which: user: {{}}")
        if not application and self.role:
            raise ValueError(f"a token by {self.grant} has the role of its user; put it in user.role")
        if not application and self.acts_on_behalf:
            raise ValueError(f"acts_on_behalf is for applications; a token by {self.grant} is its user's own")
        return self


class OutboundNumber(StateParameters):
    """A number to call from, as the organisation owns it."""

    returns: ClassVar = ("fromNumber", "fromNumberId")

    provisioned: bool = True
    verified: bool = True
    active: bool = True
    may_dial_out: bool = True
    division: Division = "home"


class DestinationNumber(StateParameters):
    """A number to call; `placeable: false` is one to which no call can be placed."""

    returns: ClassVar = ("phoneNumber",)

    placeable: bool = True


class Queue(StateParameters):
    """A queue to call, or to call on behalf of."""

    returns: ClassVar = ("queueId",)


class Colleague(StateParameters):
    """A second user, to be called."""

    returns: ClassVar = ("colleagueId",)


class ExternalContact(StateParameters):
    """A contact to associate with a call. `exists: false` returns an id that no contact has."""

    returns: ClassVar = ("externalContactId",)

    exists: bool = True


class Skill(StateParameters):
    """A routing skill."""

    returns: ClassVar = ("skillId",)


class Campaign(StateParameters):
    """An outbound campaign."""

    returns: ClassVar = ("campaignId",)


class Conversation(StateParameters):
    """A call that was placed. `exists: false` returns an id that no conversation has."""

    returns: ClassVar = ("conversationId",)

    exists: bool = True


class OAuthClient(StateParameters):
    """An OAuth client. `secret: wrong` returns a secret that is not this client's."""

    returns: ClassVar = ("clientId", "clientSecret", "clientCredentials")

    exists: bool = True
    secret: Literal["right", "wrong"] = "right"
    grant: Literal["client_credentials", "authorization_code", "saml2_bearer", "jwt_bearer"] = "client_credentials"
    scopes: tuple[str, ...] = ()
    role: Role = Role()


class AuthorizationCode(StateParameters):
    """A code that a user's login returned to `client`, with the PKCE verifier that belongs to it."""

    returns: ClassVar = (*OAuthClient.returns, "authorizationCode", "codeVerifier", "redirectUri")

    client: OAuthClient = OAuthClient(grant="authorization_code")
    status: Literal["valid", "expired", "used", "unknown"] = "valid"
    verifier: Literal["right", "wrong"] = "right"
    redirect_uri: Literal["registered", "other"] = "registered"


class RefreshToken(StateParameters):
    """A refresh token of `client`."""

    returns: ClassVar = (*OAuthClient.returns, "refreshToken")

    client: OAuthClient = OAuthClient(grant="authorization_code")
    status: Literal["valid", "expired", "revoked", "unknown"] = "valid"


class Assertion(StateParameters):
    """What an identity provider signed about a user, to be exchanged for a token by `client`."""

    returns: ClassVar = (*OAuthClient.returns, "assertion", "orgName", "agentId")

    client: OAuthClient = OAuthClient(grant="saml2_bearer")
    user: Agent = Agent()
    status: Literal["valid", "expired", "forged"] = "valid"
    scopes: tuple[str, ...] = ()


STATES: dict[str, type[StateParameters]] = {
    "an access token": AccessToken,
    "an agent": Agent,
    "a colleague": Colleague,
    "an outbound number": OutboundNumber,
    "a destination number": DestinationNumber,
    "a queue": Queue,
    "a skill": Skill,
    "a campaign": Campaign,
    "an external contact": ExternalContact,
    "a conversation": Conversation,
    "an OAuth client": OAuthClient,
    "an authorization code": AuthorizationCode,
    "a refresh token": RefreshToken,
    "a signed assertion": Assertion,
}
"""Every provider state by its name in tables and pacts."""

EXAMPLES: dict[str, str] = {
    "accessToken": "EXAMPLE-NOT-A-TOKEN",
    "userId": "00000000-0000-4000-8000-000000000001",
    "agentId": "00000000-0000-4000-8000-000000000002",
    "colleagueId": "00000000-0000-4000-8000-000000000003",
    "queueId": "00000000-0000-4000-8000-000000000004",
    "skillId": "00000000-0000-4000-8000-000000000005",
    "campaignId": "00000000-0000-4000-8000-000000000006",
    "externalContactId": "00000000-0000-4000-8000-000000000007",
    "conversationId": "00000000-0000-4000-8000-000000000008",
    "fromNumberId": "00000000-0000-4000-8000-000000000009",
    "clientId": "00000000-0000-4000-8000-00000000000a",
    "fromNumber": "+13175550100",
    "phoneNumber": "+13175550142",
    "clientSecret": "EXAMPLE-NOT-A-SECRET",
    "clientCredentials": "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDBhOkVYQU1QTEUtTk9ULUEtU0VDUkVU",
    "authorizationCode": "EXAMPLE-NOT-A-CODE",
    "codeVerifier": "EXAMPLE-NOT-A-VERIFIER-EXAMPLE-NOT-A-VERIFIER",
    "redirectUri": "https://outdial.example/callback",
    "refreshToken": "EXAMPLE-NOT-A-REFRESH-TOKEN",
    "assertion": "EXAMPLE-NOT-AN-ASSERTION",
    "orgName": "EXAMPLE-ORGANISATION",
}
"""What stands in a pact in place of each returned value. Every provider refuses the tokens and secrets."""
