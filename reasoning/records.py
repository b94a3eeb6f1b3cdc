"""How the records of a provider are arranged: the state that makes each kind, and the value that names it."""

ARRANGED_BY = {
    "agent": "an agent",
    "campaign": "a campaign",
    "client": "an OAuth client",
    "contact": "an external contact",
    "conversation": "a conversation",
    "destination": "a destination number",
    "number": "an outbound number",
    "queue": "a queue",
    "skill": "a skill",
    "token": "an access token",
}
"""The provider state that arranges each kind of record."""
RETURNED = {
    "agent": "agentId",
    "campaign": "campaignId",
    "contact": "externalContactId",
    "conversation": "conversationId",
    "destination": "phoneNumber",
    "number": "fromNumber",
    "queue": "queueId",
    "skill": "skillId",
}
"""The returned value by which a request names a record of each kind."""
EXCHANGED = {
    "form.code": ("an authorization code", {"client", "user", "challenge", "redirect_uri"}),
    "form.refresh_token": ("a refresh token", {"client", "user"}),
    "form.assertion": ("a signed assertion", {"client", "user", "organisation"}),
}
"""What is exchanged for a token in each field of a form: its provider state, and the attributes that it has."""
