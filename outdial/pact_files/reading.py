"""Read pacts of any tool: specification V1 to V4, with keys or without."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from outdial.pact_files.model import BadPact, Body, Interaction, Pact, Request, Response, Rules, State

HTTP = "Synchronous/HTTP"
V2_RULE = re.compile(r"\$\.(body|header|path|query|status)s?(.*)", re.DOTALL)
"""Where a rule of V2 applies: `$.body.calls[0].id`, `$.headers['Content-Type']`, `$.path`."""
Json = Mapping[str, Any]


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
        sources, metadata = content.get("interactions", []), content.get("metadata", {})
        messages = content.get("messages", [])
        version = str(metadata.get("pactSpecification", {}).get("version", ""))
    except (LookupError, TypeError, AttributeError):
        raise BadPact(f"{file}: not a pact: expected an object with consumer, provider and interactions") from None
    others = [each for each in sources if isinstance(each, Mapping) and each.get("type", HTTP) != HTTP]
    sources = [each for each in sources if each not in others]
    others += messages
    if others and not sources:
        raise BadPact(f"{file}: {_name(others[0])} is a message; only HTTP interactions can be verified here")
    if not sources:
        raise BadPact(f"{file}: a pact without interactions verifies nothing")
    if not re.match(r"[1-4](\.|$)|$", version):
        raise BadPact(f"{file}: written by version {version} of Pact's specification. Known: 1 to 4")
    read: dict[str, Interaction] = {}
    for at, source in enumerate(sources):
        try:
            row = read_interaction(
                source, pact=file, consumer=consumer, provider=provider, metadata=metadata, known=read
            )
        except BadPact as problem:
            raise BadPact(f"{file}: interaction {at}, {_name(source)}: {problem}") from None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise BadPact(f"{file}: interaction {at}, {_name(source)}, is none of Pact's: {told}") from None
        read[row.case_id] = row
    notes = [f"{file.name}: {len(others)} messages skipped; only HTTP is verified here"] if others else []
    if pending := sum(each.source.get("pending") is True for each in read.values()):
        notes.append(f"{file.name}: {pending} pending interactions, which are reported and do not decide")
    empty = [name for name, each in read.items() if version.startswith("4") and _compares_nothing(each.source)]
    notes += [f"{file.name}: {name}: the response body has no `content`, so no body is compared" for name in empty]
    return Pact(file, consumer, provider, tuple(read.values()), tuple(notes))


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


def _compares_nothing(source: Json) -> bool:
    body = source["response"].get("body")
    return isinstance(body, Mapping) and "content" not in body


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
    return Interaction(
        case_id=_case_id(source, states, known or {}),
        pact=pact,
        consumer=consumer,
        provider=provider,
        description=source["description"],
        states=states,
        request=Request(
            method=str(request["method"]).upper(),
            path=request.get("path", "/"),
            query=_query(request.get("query")),
            headers=_headers(request),
            body=_body(request),
            generators=request.get("generators") or {},
        ),
        response=Response(
            status=int(response.get("status", 200)),
            headers=_headers(response),
            body=_body(response),
            rules=_rules(response.get("matchingRules") or {}),
        ),
        comments=comments,
        metadata=metadata,
        source=source,
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
    return {
        name: value if isinstance(value, str) else ", ".join(value)
        for name, value in (part.get("headers") or {}).items()
    }


def _query(query: Any) -> Mapping[str, Sequence[str]]:
    """Return a query, which is a string in V2, lists of values since."""
    if isinstance(query, str):
        return parse_qs(query.lstrip("?"), keep_blank_values=True)
    return {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}


def _body(part: Json) -> Body | None:
    """Return a body: the value itself up to V3, in V4 an object of content, media type and encoding."""
    body = part.get("body")
    if body is None:
        return None
    if isinstance(body, Mapping) and "content" in body and "contentType" in body:
        content = body["content"]
        if body.get("encoded") and isinstance(content, str) and str(body["encoded"]).lower() in ("base64", "true"):
            content = _text(b64decode(content))
        return None if content is None else Body(content, body["contentType"])
    media_type = next((value for name, value in _headers(part).items() if name.lower() == "content-type"), None)
    return Body(body, media_type or ("text/plain" if isinstance(body, str) else "application/json"))


def _text(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _rules(stated: Json) -> Rules:
    """Return the matchers by part and path, in the form of V3."""
    rules: dict[str, dict[str, Sequence[Json]]] = {}
    for name, rule in stated.items():
        if found := V2_RULE.fullmatch(name):
            part, rest = found.groups()
            path = "$" + rest if part == "body" else rest.strip(".['\"]") or "$"
            matcher = rule if "match" in rule else {"match": "regex" if "regex" in rule else "type", **rule}
            rules.setdefault(part, {})[path] = [matcher]
        elif "matchers" in rule:
            rules.setdefault(name, {})["$"] = rule["matchers"]
        else:
            rules.setdefault(name, {}).update({path: each["matchers"] for path, each in rule.items()})
    return rules
