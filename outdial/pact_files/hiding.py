"""Recognise secret values and mask them in messages."""

import re

NAME = r"token|secret|assertion|authorization|cookie|password|credentials|verifier"
SECRET = re.compile(rf"(?:{NAME})$|secret|cookie", re.IGNORECASE)
HIDDEN = "(secret)"
FIELD = re.compile(
    rf"""(?P<name>(?P<quote>\\?["'])[\w.-]*(?:{NAME})(?P=quote)\s*[:=]\s*)(?P<value>(?P<mark>\\?["']).*?(?P=mark)|\w[^\s,}}]*)""",
    re.IGNORECASE | re.DOTALL,
)
FORM = re.compile(rf"(?P<name>\b\w*(?:{NAME})=)[^&\s\"']+", re.IGNORECASE)
SCHEME = re.compile(r"\b(?P<name>bearer|basic)\s+(?!token\b|authentication\b)[\w.~+/=-]{6,}", re.IGNORECASE)


def is_secret(place: str) -> bool:
    """Return whether the value at a path or under a name is secret: `$.access_token`, `Authorization`."""
    return any(SECRET.search(step.strip("]'\"")) for step in re.split(r"[.\[]", place))


def hidden(text: str) -> str:
    """Return a text without the values of secret fields and without credentials, however quoted."""
    text = FIELD.sub(rf"\g<name>{HIDDEN}", text)
    return SCHEME.sub(rf"\g<name> {HIDDEN}", FORM.sub(rf"\g<name>{HIDDEN}", text))


def about(place: str | None, text: str) -> str:
    """Return the printable form of the value at a place."""
    if place and is_secret(place):
        return f"{place}: not as expected (the value is a secret and not shown)"
    return f"{place}: {hidden(text)}" if place else hidden(text)
