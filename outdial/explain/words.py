"""Facts in words."""

from typing import Any

SAID = {
    ("token.grant", "client_credentials"): "the token was got with client credentials",
    ("token.grant", "authorization_code"): "the token has a user (authorization code or PKCE)",
    ("token.user", "agent"): "the token is the agent's own",
    ("agent.station", "associated"): "the agent has a phone selected",
    ("agent_session.user", True): "the session is that of the token's user",
}


def name_of(fact: str) -> str:
    """A fact in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        return f"{attribute.removesuffix('s')} {name} of the {holder_of(holder, attribute)}"
    if holder in ("body", "form"):
        return f"field {rest}"
    return f"{holder} {rest.replace('_', ' ')}"


def said(fact: str, value: Any) -> str:
    """A fact and its value in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        return f"the {holder_of(holder, attribute)} has the {attribute.removesuffix('s')} {name}"
    if attribute == "exists" and value is True:
        return f"the {holder.replace('_', ' ')} exists"
    if (fact, value) in SAID:
        return SAID[fact, value]
    return f"{name_of(fact)}: {word_of(value)}"


def word_of(value: Any) -> str:
    """A value in words."""
    return {True: "yes", False: "no", None: "none"}[value] if isinstance(value, bool | None) else str(value)


def holder_of(holder: str, attribute: str) -> str:
    """A token has permissions by the role of its OAuth client."""
    return "OAuth client" if holder == "token" and attribute == "permissions" else holder
