"""Compares an answer with the response of an interaction, by the pact's matching rules as Pact's verifier reads them.

Further headers and fields are allowed. An unknown matcher is never passed over: it raises `NotReplayable`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from outdial.pact_files import Body, Interaction
from outdial.pact_files.hiding import about
from outdial.provider import Answer
from outdial.replay.request import NotReplayable, steps

STATUS_CLASSES = {"info": 1, "success": 2, "redirect": 3, "clientError": 4, "serverError": 5}
WITH_PARAMETERS = {"content-type", "accept"}
Steps = tuple[str | int, ...]
Matchers = Sequence[Mapping[str, Any]]
Rules = Mapping[Steps, Matchers]


def mismatches(interaction: Interaction, answer: Answer) -> Iterator[str]:
    """Yield everything in which an answer is not what the consumer expects; secrets are not shown."""
    response = interaction.response
    rules = response.rules
    yield from _status(response.status, _one(rules.get("status", {}).get("$")), answer.status)
    sent: dict[str, str] = {}
    for name, value in answer.headers.items():
        sent[name.lower()] = f"{sent[name.lower()]}, {value}" if name.lower() in sent else value
    for name, expected in response.headers.items():
        yield from _header(name, expected, _one(rules.get("header", {}).get(name)), sent.get(name.lower()))
    if response.body is not None:
        in_body = {steps(path): rule for path, rule in rules.get("body", {}).items()}
        yield from _body(response.body, in_body, answer)


def _one(matchers: Matchers | None) -> Mapping[str, Any] | None:
    """Return the one matcher of a value."""
    if matchers is None:
        return None
    if len(matchers) != 1:
        raise NotReplayable(f"{len(matchers)} matchers for one value; known: one")
    return matchers[0]


def _status(expected: int, matcher: Mapping[str, Any] | None, status: int) -> Iterator[str]:
    if matcher is None:
        if status != expected:
            yield f"expected status {expected}, got {status}"
    elif matcher["match"] != "statusCode" or matcher["status"] not in STATUS_CLASSES:
        raise NotReplayable(f"matcher {matcher} of a status; known: statusCode of {', '.join(STATUS_CLASSES)}")
    elif status // 100 != STATUS_CLASSES[matcher["status"]]:
        yield f"expected status {matcher['status']}, got {status}"


def _header(name: str, expected: str, matcher: Mapping[str, Any] | None, value: str | None) -> Iterator[str]:
    if value is None:
        yield f"header {name} is missing"
    elif matcher is not None:
        if not _matches(matcher, expected, value):
            yield about(name, f"header is {value!r}, expected {matcher.get('regex', matcher['match'])}")
    elif not _same(name, expected, value):
        yield about(name, f"header is {value!r}, expected {expected!r}")


def _same(name: str, expected: str, value: str) -> bool:
    """Equal but for space after commas; a media type may have further parameters, in any order."""
    wanted, found = ([part.strip() for part in text.split(",")] for text in (expected, value))
    if name.lower() not in WITH_PARAMETERS or len(wanted) != len(found):
        return wanted == found
    media = [[[each.strip() for each in part.split(";")] for part in parts] for parts in (wanted, found)]
    return all(one[0] == other[0] and set(one) <= set(other) for one, other in zip(*media, strict=True))


def _body(body: Body, rules: Rules, answer: Answer) -> Iterator[str]:
    text = answer.body.decode(errors="replace")
    if "json" not in body.media_type:
        if text != body.content:
            yield about(None, f"expected the text {body.content!r}, got {text!r}")
        return
    try:
        found = json.loads(text)
    except ValueError:
        yield "expected JSON, got text that is not"
        return
    yield from _value(body.content, found, (), rules)


def _value(expected: Any, found: Any, path: Steps, rules: Rules) -> Iterator[str]:
    matchers = _nearest(path, rules)
    where = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name, value in expected.items():
            if name in found:
                yield from _value(value, found[name], (*path, name), rules)
            else:
                yield f"{where}: {name} is missing"
    elif isinstance(expected, list) and isinstance(found, list):
        alike = any(matcher["match"] == "type" for matcher in matchers)
        if not alike and len(expected) != len(found):
            yield f"{where}: expected {len(expected)} values, got {len(found)}"
        elif alike and expected and not found:
            yield f"{where}: expected a list with values, got an empty one"
        for at, value in enumerate(found if expected else ()):
            yield from _value(expected[min(at, len(expected) - 1)], value, (*path, at), rules)
    elif matchers:
        for matcher in matchers:
            if not _matches(matcher, expected, found):
                wanted = matcher.get("regex", f"one of the type of {expected!r}")
                yield about(where, f"expected {wanted}, got {found!r}")
    elif _kind(expected) is not _kind(found) or expected != found:
        yield about(where, f"expected {expected!r}, got {found!r}")


def _nearest(path: Steps, rules: Rules) -> Matchers:
    """Return the matchers of the value itself, all of which it meets, or of the nearest value around it."""
    any_item = tuple("*" if isinstance(step, int) else step for step in path)
    for end in range(len(path), -1, -1):
        for place in (path[:end], any_item[:end]):
            if place in rules:
                return rules[place]
    return ()


def _matches(matcher: Mapping[str, Any], expected: Any, value: Any) -> bool:
    match matcher["match"]:
        case "regex":
            text = value if isinstance(value, str) else json.dumps(value)
            return re.fullmatch(matcher["regex"], text) is not None
        case "type":
            return _kind(expected) is _kind(value)
        case "equality":
            return _kind(expected) is _kind(value) and bool(expected == value)
    raise NotReplayable(f"matcher {matcher['match']!r}; known: equality, regex, type")


def _kind(value: Any) -> type:
    """Return the JSON type of a value; every number is of one type."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
