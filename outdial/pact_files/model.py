"""A pact, whichever tool and version of the specification wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from outdial.folders import PACTS as PACTS

Matcher = Mapping[str, Any]
Rules = Mapping[str, Mapping[str, Sequence[Matcher]]]
"""Matchers by part (`body`, `header`, `path`, `query`, `status`), then by path or name; `$` is a whole part."""
Generators = Mapping[str, Any]
"""By part: of `path` the generator itself, of `header`, `query` and `body` one for each name or path."""


class BadPact(Exception):
    """Raised for a file that is not a pact, or cannot be verified. The message names file, reason and fix."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class State:
    """A provider state with its parameters."""

    name: str
    params: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name} ({_flat(self.params)})" if self.params else self.name


@dataclass(frozen=True, slots=True)
class Body:
    """A body. `content` is a JSON value where the media type is JSON, otherwise text or bytes."""

    content: Any
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """The request of the example; generators replace its parts."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Body | None
    generators: Generators


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of the example, and the rules by which another one is as good."""

    status: int
    headers: Mapping[str, str]
    body: Body | None
    rules: Rules


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction under its case id: its key, or without one its description with its states.

    `source` is the interaction as its file has it, for Pact's own verifier; `metadata` is the file's.
    """

    case_id: str
    pact: Path
    consumer: str
    provider: str
    description: str
    states: tuple[State, ...]
    request: Request
    response: Response
    comments: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(repr=False)
    source: Mapping[str, Any] = field(repr=False)

    @property
    def given(self) -> str:
        """The provider states, in short."""
        return "; ".join(map(str, self.states)) or "nothing"

    @property
    def basis(self) -> str:
        """The basis: published, observed, reported or assumed; `unknown` in other people's pacts."""
        return self._comment("basis") or "unknown"

    @property
    def evidence(self) -> str:
        """The source of the basis."""
        return self._comment("source") or "without a source"

    @property
    def because(self) -> str | None:
        """The rule that refuses, as the contract names it; None for an accepted row."""
        return self._comment("because")

    @property
    def expected(self) -> str:
        """The answer the consumer expects, in short."""
        return f"{self.expected_status} {self.expected_code}".strip()

    @property
    def expected_status(self) -> str:
        """The status, or the class of them, that the consumer expects."""
        return "any 2xx" if "status" in self.response.rules else str(self.response.status)

    @property
    def expected_code(self) -> str:
        """The code of the refusal that the consumer expects; empty where it reads none."""
        return _code(self.response.body.content if self.response.body else None)

    def _comment(self, name: str) -> str | None:
        found = self.comments.get(name)
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Pact:
    """One pact file. `notes` tell parts that are not verified."""

    path: Path
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]
    notes: tuple[str, ...] = ()


def _code(body: Any) -> str:
    """Return the outermost `code` or `error` of a body that is a text or a number."""
    if isinstance(body, list):
        return next((code for code in map(_code, body) if code), "")
    if not isinstance(body, Mapping):
        return ""
    for name in ("code", "error"):
        if isinstance(found := body.get(name), str | int) and not isinstance(found, bool):
            return str(found)
    return _code(list(body.values()))


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = ((key, each, _flat(each)) for key, each in value.items())
        return ", ".join(
            f"{key} ({flat})" if isinstance(each, Mapping) else f"{key}: {flat}" for key, each, flat in parts
        )
    return "[" + " ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
