"""A pact, read from the file of any tool: specification V1 to V4, with keys or without."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

HTTP = "Synchronous/HTTP"
Json = Mapping[str, Any]
Rules = Mapping[str, Mapping[str, Sequence[Json]]]
"""Matchers by part (`body`, `header`, `path`, `query`, `status`), then by path or name; `$` is a whole part."""


class BadPact(Exception):
    """Raised for a file that is not a pact, or cannot be verified. The message names file, reason and fix."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class State:
    """A provider state with its parameters."""

    name: str
    params: Json

    def __str__(self) -> str:
        return f"{self.name} ({_flat(self.params)})" if self.params else self.name


@dataclass(frozen=True, slots=True)
class Body:
    """A body. `content` is a JSON value where the media type is JSON, otherwise text or bytes."""

    content: Any
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """The request of the example. Generators, by part, then by path or name (`path` has one only), replace values."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Body | None
    generators: Json


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
    comments: Json
    metadata: Json = field(repr=False)
    source: Json = field(repr=False)

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


def read_interactions(paths: Sequence[Path]) -> list[Interaction]:
    """Return every interaction of these pacts, or of all pacts in these folders. Raises `BadPact`."""
    return [interaction for pact in read_pacts(paths) for interaction in pact.interactions]


def read_pacts(paths: Sequence[Path]) -> list[Pact]:
    """Return these pacts, or all pacts in these folders. Raises `BadPact`."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not files:
        raise BadPact(f"no pacts in {', '.join(map(str, paths))}; `make pact` writes them")
    return [_read(file) for file in dict.fromkeys(files)]


def _read(file: Path) -> Pact:
    content = _content(file)
    try:
        consumer, provider = content["consumer"]["name"], content["provider"]["name"]
        stated, metadata = content.get("interactions", []), content.get("metadata", {})
        version = str(metadata.get("pactSpecification", {}).get("version", ""))
        sources = [each for each in stated if not isinstance(each, Mapping) or each.get("type", HTTP) == HTTP]
        messages = [each for each in stated if each not in sources] + content.get("messages", [])
    except (LookupError, TypeError, AttributeError):
        raise BadPact(f"{file}: not a pact: expected an object with consumer, provider and interactions") from None
    if messages and not sources:
        raise BadPact(f"{file}: {_name(messages[0])} is a message; only HTTP interactions can be verified here")
    if not sources:
        raise BadPact(f"{file}: a pact without interactions verifies nothing")
    if not re.match(r"[1-4](\.|$)|$", version):
        raise BadPact(f"{file}: written by version {version} of Pact's specification. Known: 1 to 4")
    read: dict[str, Interaction] = {}
    for at, source in enumerate(sources):
        try:
            names = {"consumer": consumer, "provider": provider}
            row = read_interaction(source, pact=file, **names, metadata=metadata, known=read)
        except BadPact as problem:
            raise BadPact(f"{file}: interaction {at}, {_name(source)}: {problem}") from None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise BadPact(f"{file}: interaction {at}, {_name(source)}, is none of Pact's: {told}") from None
        read[row.case_id] = row
    notes = [f"{len(messages)} messages skipped; only HTTP is verified here"] if messages else []
    if pending := sum(each.source.get("pending") is True for each in read.values()):
        notes.append(f"{pending} pending interactions, which are reported and do not decide")
    for name, each in read.items():
        body = each.source["response"].get("body")
        if version.startswith("4") and isinstance(body, Mapping) and "content" not in body:
            notes.append(f"{name}: the response body has no `content`, so no body is compared")
    return Pact(file, consumer, provider, tuple(read.values()), tuple(f"{file.name}: {note}" for note in notes))


def _content(file: Path) -> Any:
    if not file.exists():
        raise BadPact(f"{file}: no such file; `make pact` writes pacts/")
    if not file.is_file():  # a pipe would block
        raise BadPact(f"{file}: no regular file; expected a pact's JSON file")
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        fix = "cut short, or in a merge conflict? Generate it anew"
        raise BadPact(f"{file}: not a pact: {error}; {fix}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadPact(f"{file}: not a pact: {error}") from None


def _name(source: Any) -> str:
    return repr(source.get("description") if isinstance(source, Mapping) else source)


def read_interaction(
    source: Json, *, pact: Path, consumer: str, provider: str, metadata: Json, known: Mapping[str, Any] | None = None
) -> Interaction:
    """Return one interaction; `known` are those before it. Raises `BadPact`, KeyError, TypeError, ValueError."""
    states = tuple(_states(source))
    request, response = source["request"], source["response"]
    comments = source.get("comments") or {}
    if not isinstance(comments, Mapping):
        raise BadPact(f"comments are an object, such as {{}}, not {str(comments)[:80]}")
    asked = Request(
        str(request["method"]).upper(), request.get("path", "/"), _query(request.get("query")), _headers(request),
        _body(request), request.get("generators") or {},
    )  # fmt: skip
    rules = _rules(response.get("matchingRules") or {})
    answer = Response(int(response.get("status", 200)), _headers(response), _body(response), rules)
    case_id = _case_id(source, states, known or {})
    return Interaction(
        case_id, pact, consumer, provider, source["description"], states, asked, answer, comments, metadata, source
    )


def _case_id(source: Json, states: Sequence[State], known: Mapping[str, Any]) -> str:
    """Return the key; without one the description with its states, numbered where it stands again."""
    if key := str(source.get("key") or ""):
        if key in known:
            raise BadPact(f"key {key!r} stands twice; give each interaction its own")
        return key
    name = str(source["description"])
    if states:
        name += f" given {' and '.join(map(str, states))}"
    number, numbered = 1, name
    while numbered in known:
        number += 1
        numbered = f"{name} ({number})"
    return numbered


def _states(source: Json) -> Iterator[State]:
    """Yield `providerStates` of V3 and V4, or `providerState` of V2; some V3 writers put one name in the new place."""
    found = source.get("providerStates") or source.get("providerState") or source.get("provider_state") or []
    for state in [found] if isinstance(found, str) else found:
        yield State(state, {}) if isinstance(state, str) else State(state["name"], state.get("params") or {})


def _headers(part: Json) -> dict[str, str]:
    headers = part.get("headers") or {}
    return {name: value if isinstance(value, str) else ", ".join(value) for name, value in headers.items()}


def _query(query: Any) -> Mapping[str, Sequence[str]]:
    """Return a query, which is a string in V2, lists of values since."""
    if isinstance(query, str):
        return parse_qs(query.lstrip("?"), keep_blank_values=True)
    return {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}


def _body(part: Json) -> Body | None:
    """Return a body: the value itself up to V3, in V4 an object of content, media type and encoding."""
    body = part.get("body")
    if isinstance(body, Mapping) and "content" in body and "contentType" in body:
        return None if body["content"] is None else Body(body["content"], body["contentType"])
    if body is None:
        return None
    media_type = next((value for name, value in _headers(part).items() if name.lower() == "content-type"), None)
    return Body(body, media_type or ("text/plain" if isinstance(body, str) else "application/json"))


def _rules(stated: Json) -> Rules:
    """Return the matchers by part and path. Those of V2, by path alone, are left to Pact's verifier."""
    rules: dict[str, dict[str, Sequence[Json]]] = {}
    for part, rule in stated.items():
        if not part.startswith("$"):
            by_path = {"$": rule} if "matchers" in rule else rule
            rules[part] = {path: each["matchers"] for path, each in by_path.items()}
    return rules
