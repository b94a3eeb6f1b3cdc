"""Matchers of tables: exact value, type, pattern of the whole text, or a value from a state.

What a state returns is a text; `{integer: ${name}}` sends it as a number.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from outdial.documents.document import Location, Problem
from outdial.documents.template import NAME, fill, names_in, whole_name
from outdial.tables.vocabulary import STATES

LIKE, MATCHES, INTEGER = {"like"}, {"matches", "example"}, {"integer"}
LIKE_AND_MATCHES = {"like", "matches"}
FORMS = "{like: value}, {matches: pattern, example: text}, {like: value, matches: pattern} or {integer: name}"


def is_matcher(value: Any) -> bool:
    """Return whether a mapping states one value, rather than the fields of an object."""
    return isinstance(value, Mapping) and set(value) in (LIKE, MATCHES, LIKE_AND_MATCHES, INTEGER)


def misstated(value: Any, at: Location) -> Iterator[Problem]:
    """Yield the problems of matchers in a value: a word without its partner, a wrong pattern, example or name."""
    if isinstance(value, list):
        for position, each in enumerate(value):
            yield from misstated(each, (*at, position))
    if not isinstance(value, Mapping):
        return
    words = set(value)
    if words == MATCHES:
        yield from _unmatched(value["matches"], value["example"], at)
    elif words == LIKE_AND_MATCHES:
        like = value["like"]
        yield from _unmatched(value["matches"], str(like) if type(like) is int else like, at)
    elif words == INTEGER and whole_name(value["integer"]) is None:
        yield (*at, "integer"), "{integer: …} takes the name of a value that a state returns, such as ${number}"
    elif words & {"like", "matches"} and words != LIKE:
        yield at, f"{{{', '.join(map(str, value))}}} states no value; write {FORMS}"
    elif words != INTEGER:
        for name, each in value.items():
            yield from misstated(each, (*at, name))


def _unmatched(pattern: Any, text: Any, at: Location) -> Iterator[Problem]:
    if not isinstance(pattern, str) or not isinstance(text, str):
        yield at, f"{{matches: …, example: …}} takes two texts, not {pattern!r} and {text!r}"
        return
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        yield (*at, "matches"), f"{pattern!r} is no regular expression: {error}"
        return
    if not compiled.fullmatch(text):
        yield (*at, "example"), f"the example {text!r} does not match its own pattern {pattern!r}"


def merged(base: Any, *changes: Any) -> Any:
    """Return `base` with the changes applied in turn: mappings merge, null removes, anything else replaces."""
    for change in changes:
        base = _changed(base, change)
    return base


def _changed(base: Any, change: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(change, Mapping)) or is_matcher(base) or is_matcher(change):
        return change
    result = dict(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _changed(result.get(key), value) if key in result else value
    return result


def example(value: Any) -> Any:
    """Return the value as it stands in the pact's example: matchers give their example, names their stand-in."""
    return _plain(to_pact(value))


def _plain(stated: Any) -> Any:
    if isinstance(stated, list):
        return [_plain(each) for each in stated]
    if not isinstance(stated, Mapping):
        return stated
    if "pact:matcher:type" in stated:
        return _plain(stated["value"])
    return {key: _plain(each) for key, each in stated.items()}


def to_pact(value: Any) -> Any:
    """Return the value in Pact's integration JSON, with its matcher, and its generator where a state returns it."""
    if isinstance(value, str) and names_in(value):
        return {
            "pact:matcher:type": "regex",
            "regex": pattern(value),
            "value": fill(value, STATES.examples),
            "pact:generator:type": "ProviderState",
            "expression": value,
        }
    if isinstance(value, list):
        return [to_pact(each) for each in value]
    words = set(value) if isinstance(value, Mapping) else set()
    if words == LIKE:
        return {"pact:matcher:type": "type", "value": to_pact(value["like"])}
    if words == LIKE_AND_MATCHES:
        both = [{"pact:matcher:type": "type"}, {"pact:matcher:type": "regex", "regex": value["matches"]}]
        return {"pact:matcher:type": both, "value": example(value["like"])}
    if words == MATCHES:
        return {"pact:matcher:type": "regex", "regex": value["matches"], "value": value["example"]}
    if words == INTEGER:
        return {
            "pact:matcher:type": "integer",
            "value": int(fill(value["integer"], STATES.examples)),
            "pact:generator:type": "ProviderState",
            "expression": value["integer"],
            "dataType": "INTEGER",
        }
    return {key: to_pact(each) for key, each in value.items()} if isinstance(value, Mapping) else value


def pattern(text: str) -> str:
    """Return the regular expression of a text whose `${name}` parts are any text within one path step."""
    if whole_name(text):
        return r"^\S+$"
    anything = r"[^/\s]+" if text.startswith("/") else r"\S+"
    escaped = [anything if at % 2 else re.escape(part) for at, part in enumerate(NAME.split(text))]
    return f"^{''.join(escaped)}$".replace(r"\-", "-").replace(r"\ ", " ")
