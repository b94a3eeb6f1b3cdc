"""Results of a verification: the provider's answer in short, and what differs from the row."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from outdial.pact_files.hiding import hidden
from outdial.relay import Answer

LONGEST = 300
"""Characters of a provider's text that are shown."""
PROBLEMS = 2
"""Problems of one row that are shown."""


@dataclass(frozen=True, slots=True)
class Got:
    """An answer in short, without secrets. Without an answer `status` is None, and `message` says why."""

    status: int | None = None
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        told = f"{self.status or ''} {self.code}".strip()
        return f"{told}: {self.message}".removeprefix(": ") if self.message else told


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one row or journey. `problems` is empty where it holds; `seconds` is the time the provider took.

    A finding that does not gate is reported only and never fails the run. `place` is the `file:line` of the row,
    `refused_by` a rule of the stub with its facts, `skipped` the reason why a journey was not played.
    """

    case_id: str
    provider: str
    got: Got
    problems: tuple[str, ...]
    seconds: float = 0.0
    gates: bool = True
    basis: str = ""
    evidence: str = ""
    consumer: str = ""
    given: str = ""
    expected: str = ""
    because: str = ""
    place: str = ""
    refused_by: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the provider answered as the consumer expects."""
        return not self.problems

    @property
    def failed(self) -> bool:
        """Return whether it fails the run."""
        return self.gates and not self.passed

    def __str__(self) -> str:
        """Return the result in at most eight lines."""
        lines = [f"{'FAIL' if self.gates else 'else'} {self.case_id}{f'  {self.place}' if self.place else ''}"]
        if self.expected:
            because = f" because {self.because}" if self.because else ""
            lines += [f"given    {self.given}", f"expected {self.expected}{because}", f"got      {self.got}"]
        lines += [f"         {shown(problem, 2 * LONGEST)}" for problem in self.problems[:PROBLEMS]]
        if len(self.problems) > PROBLEMS:
            lines[-1] += f" (and {len(self.problems) - PROBLEMS} more)"
        lines.append(f"{self.basis}: {self.evidence}" if self.evidence else self.basis)
        if self.refused_by:
            lines.append(f"refused by {self.refused_by}")
        return "\n     ".join(lines)


def got(answer: Answer) -> Got:
    """Return an answer in short: its code and message, or the beginning of its body."""
    if answer.status is None:
        return Got(message=shown(answer.problem))
    text = _plain(answer).decode(errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    found = content if isinstance(content, Mapping) else {}
    code = _first(found, "code", "error", "error_code")
    message = _first(found, "message", "error_description", "description")
    if 300 <= answer.status < 400 and (location := answer.header("location")):
        message = f"redirects to {location}"
    elif content is None or not (code or message or answer.status < HTTPStatus.MULTIPLE_CHOICES):
        media_type = answer.header("content-type") or "no content type"
        message = f"{media_type}, {shown(text)}" if text else "an empty body"
    return Got(answer.status, shown(code), shown(message))


def shown(text: str, longest: int = LONGEST) -> str:
    """Return foreign text on one line: truncated, secrets masked, control characters removed."""
    line = "".join(each if each.isprintable() else " " for each in hidden(text[: 10 * longest]))
    return line.strip() if len(line) <= longest else line[:longest] + "…"


def _first(found: Mapping[str, Any], *names: str) -> str:
    values = (found.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int) and str(value)), "")


def _plain(answer: Answer) -> bytes:
    """Return the body without gzip or deflate."""
    if answer.header("content-encoding").lower() in ("gzip", "deflate"):
        try:
            return zlib.decompress(answer.body, zlib.MAX_WBITS | 32)
        except zlib.error:
            pass
    return answer.body
