"""Result of verifying one interaction, with the provider's answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from outdial.pact_files.hiding import hidden

LONGEST = 300
"""Characters of a provider's text that are shown."""


@dataclass(frozen=True, slots=True)
class Got:
    """An answer in short, without secrets; without a `status` none came, and `message` says why.

    `message` is the provider's own, or where it has none the beginning of what it sent.
    """

    status: int | None = None
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        told = f"{self.status or ''} {self.code}".strip()
        return f"{told}: {self.message}".removeprefix(": ") if self.message else told


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`problems` is empty when the interaction was honoured; `seconds` is how long the provider took."""

    got: Got
    problems: tuple[str, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Return whether the provider answered as the consumer expects."""
        return not self.problems


def got(status: int, media_type: str, body: bytes) -> Got:
    """Return the answer as text."""
    text = body.decode(errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    found = content if isinstance(content, Mapping) else {}
    code = _first(found, "code", "error", "error_code")
    message = _first(found, "message", "error_description", "description")
    if content is None or not (code or message or status < HTTPStatus.MULTIPLE_CHOICES):
        message = f"{media_type or 'no content type'}, {shown(text)}" if body else "an empty body"
    return Got(status, shown(code), shown(message))


def shown(text: str, longest: int = LONGEST) -> str:
    """A text of others on one line: cut, without secrets and without what would command a terminal."""
    line = "".join(each if each.isprintable() else " " for each in hidden(text[: 10 * longest]))
    return line.strip() if len(line) <= longest else line[:longest] + "…"


def _first(found: Mapping[str, Any], *names: str) -> str:
    values = (found.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int) and str(value)), "")
