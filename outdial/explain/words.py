"""Codes and facts in plain words (`answers.yaml`)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from outdial.definitions.catalogue import catalogue
from outdial.documents import Document, Strict
from outdial.documents.template import fill

ANSWERS = Path(__file__).parent / "answers.yaml"
LIKELY = frozenset(
    {f"token.{each}" for each in ("status", "network", "rate_limit", "service", "authorized", "security_policy")}
    | {"destination.placeable", "number.agent_may_show", "agent.exists", "contact.exists"}
)
"""Facts that are nearly always as they should be: not worth a line when nobody said them."""
SAID = {
    ("token.grant", "client_credentials"): "the token was got with client credentials",
    ("token.grant", "authorization_code"): "the token has a user (authorization code or PKCE)",
    ("token.user", "agent"): "the token is the agent's own",
    ("agent.station", "associated"): "the agent has a phone selected",
    ("agent_session.user", True): "the session is that of the token's user",
}


class Meaning(Strict):
    """A code in plain words; `do` is (who, action) where the rules know no change."""

    says: str
    why: str = ""
    do: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Silent:
    """Reason for an accepted call that never connects; `seen` is the part of an errorInfo that shows it."""

    says: str
    source: str
    seen: str = ""


class Answers(Strict):
    """Meanings of codes, and causes of silence by API."""

    codes: dict[str, Meaning]
    silent: dict[str, tuple[Silent, ...]]


@cache
def answers() -> Answers:
    """Load `answers.yaml`."""
    return Document.read(ANSWERS).parse(Answers)


def meaning_of(code: str, api: str) -> Meaning:
    """Return the meaning of a code: by `answers.yaml`, else by the text that the vendor publishes."""
    listed = catalogue(api)
    text = (listed.text(code).rstrip(".") if listed else "").replace("%s", "…")
    return answers().codes.get(code) or Meaning(says=text or f"the code {code}")


@dataclass(frozen=True)
class Words:
    """Values of the placeholders in `answers.yaml`: names in the message, whose role it is, seconds to wait."""

    names: tuple[str, ...] = ()
    who: str = "the caller"
    seconds: str = "some"

    def __call__(self, text: str) -> str:
        names = " or ".join(self.names) or "(named in the message)"
        return str(fill(text, {"names": names, "who": self.who, "seconds": self.seconds}))


def is_likely(fact: str) -> bool:
    """Return whether an untold fact is left out of the text."""
    return fact in LIKELY or fact.endswith((".division", ".events")) or fact.startswith(("body.", "form.", "request."))


def name_of(fact: str) -> str:
    """Return a fact in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        return f"{attribute.removesuffix('s')} {name} of the {_holder(holder, attribute)}"
    return f"field {rest}" if holder in ("body", "form") else f"{holder} {rest.replace('_', ' ')}"


def said(fact: str, value: Any) -> str:
    """Return a fact and its value in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        return f"the {_holder(holder, attribute)} has the {attribute.removesuffix('s')} {name}"
    if attribute == "exists" and value is True:
        return f"the {holder.replace('_', ' ')} exists"
    words = {True: "yes", False: "no", None: "none"}
    shown = words[value] if isinstance(value, bool | None) else str(value)
    return SAID.get((fact, value)) or f"{name_of(fact)}: {shown}"


def _holder(holder: str, attribute: str) -> str:
    """A token has permissions by the role of its OAuth client."""
    return "OAuth client" if holder == "token" and attribute == "permissions" else holder
