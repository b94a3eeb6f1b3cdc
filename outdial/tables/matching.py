"""Matchers of tables: exact value, type, pattern of the whole text, or a value from a state.

What a state returns is a text; `{integer: ${name}}` sends it as a number.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from outdial.documents.document import Location
from outdial.documents.template import fill, names_in, split, whole_name
from outdial.tables.vocabulary import STATES

LIKE, MATCHES, REPEATED, INTEGER = {"like"}, {"matches", "example"}, {"text", "times"}, {"integer"}
LIKE_AND_MATCHES = {"like", "matches"}
FORMS = (
    "{like: value}, {matches: pattern, example: text}, {like: value, matches: pattern}, {text: text, times: number} "
    "or {integer: name}"
)


def is_matcher(value: Any) -> bool:
    """Return whether a mapping states one value, rather than the fields of an object."""
    return isinstance(value, Mapping) and set(value) in (LIKE, MATCHES, LIKE_AND_MATCHES, REPEATED, INTEGER)


def misstated(value: Any, at: Location) -> Iterator[tuple[Location, str]]:
    """Yield the problems of matchers in a value: misspelt word, pattern, example."""
    if isinstance(value, list):
        for position, each in enumerate(value):
            yield from misstated(each, (*at, position))
    elif isinstance(value, Mapping) and not is_matcher(value):
        for word in _misspelt(value):
            near = get_close_matches(word.lower(), LIKE | MATCHES | REPEATED, n=1, cutoff=0.0)[0]
            meant = "" if word == near else f" - did you mean {near!r}?"
            yield (*at, word), f"{{{', '.join(map(str, value))}}} states no value{meant}; write {FORMS}"
            return
        for name, each in value.items():
            yield from misstated(each, (*at, name))
    elif isinstance(value, Mapping) and set(value) == LIKE:
        yield from misstated(value["like"], (*at, "like"))
    elif isinstance(value, Mapping) and set(value) == MATCHES:
        yield from _unmatched(value["matches"], value["example"], at)
    elif isinstance(value, Mapping) and set(value) == LIKE_AND_MATCHES:
        like = value["like"]
        yield from _unmatched(value["matches"], str(like) if type(like) is int else like, at)
    elif isinstance(value, Mapping) and set(value) == INTEGER:
        if whole_name(value["integer"]) is None:
            yield (*at, "integer"), "{integer: …} takes the name of a value that a state returns, such as ${number}"
    elif isinstance(value, Mapping) and not (isinstance(value["text"], str) and type(value["times"]) is int):
        yield at, "{text: …, times: …} repeats a text a number of times, such as {text: a, times: 3}"


def _misspelt(value: Mapping[Any, Any]) -> list[str]:
    """A word that is nearly one of a matcher's in a mapping that has only such words, or one that lacks its partner.

    `{link: …}` is an object with one field: another letter in a word's place makes another word.
    """
    for form in (LIKE, MATCHES, LIKE_AND_MATCHES, REPEATED):
        nearest = {word: _near(word.lower(), tuple(sorted(form))) for word in value if isinstance(word, str)}
        if len(value) == len(form) == len({near for nears in nearest.values() for near in nears}):
            wrong = [word for word in value if word not in form]
            if len(form) > 1 or _slipped(wrong[0], *form):
                return wrong[:1]
    return [word for word in value if word in {"like", "matches"}][:1]


@cache
def _near(word: str, form: tuple[str, ...]) -> list[str]:
    return get_close_matches(word, form, n=1, cutoff=0.7)


def _slipped(typed: str, word: str) -> bool:
    """Return whether a letter was lost, doubled or swapped, or the case is another."""
    return len(typed) != len(word) or sorted(typed.lower()) == sorted(word)


def _unmatched(pattern: Any, text: Any, at: Location) -> Iterator[tuple[Location, str]]:
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


def example(value: Any) -> Any:
    """The value as it stands in the pact's example: matchers give their example, names their stand-in."""
    if isinstance(value, str):
        return fill(value, STATES.examples)
    if isinstance(value, list):
        return [example(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) in (LIKE, LIKE_AND_MATCHES):
        return example(value["like"])
    if set(value) == MATCHES:
        return value["example"]
    if set(value) == REPEATED:
        return value["text"] * value["times"]
    if set(value) == INTEGER:
        return int(example(value["integer"]))
    return {key: example(each) for key, each in value.items()}


def to_pact(value: Any) -> Any:
    """The value in Pact's integration JSON, with its matcher, and its generator where a state returns it."""
    if isinstance(value, str) and names_in(value):
        return {
            "pact:matcher:type": "regex",
            "regex": pattern(value),
            "value": example(value),
            "pact:generator:type": "ProviderState",
            "expression": value,
        }
    if isinstance(value, list):
        return [to_pact(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == LIKE:
        return {"pact:matcher:type": "type", "value": to_pact(value["like"])}
    if set(value) == LIKE_AND_MATCHES:
        both = [{"pact:matcher:type": "type"}, {"pact:matcher:type": "regex", "regex": value["matches"]}]
        return {"pact:matcher:type": both, "value": example(value)}
    if set(value) == MATCHES:
        return {"pact:matcher:type": "regex", "regex": value["matches"], "value": value["example"]}
    if set(value) == REPEATED:
        return example(value)
    if set(value) == INTEGER:
        return {
            "pact:matcher:type": "integer",
            "value": example(value),
            "pact:generator:type": "ProviderState",
            "expression": value["integer"],
            "dataType": "INTEGER",
        }
    return {key: to_pact(each) for key, each in value.items()}


def pattern(text: str) -> str:
    """The regular expression of a text whose `${name}` parts may be anything but empty or a path step further."""
    if whole_name(text):
        return r"^\S+$"
    parts = split(text)
    anything = r"[^/\s]+" if text.startswith("/") else r"\S+"
    escaped = [anything if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return f"^{''.join(escaped)}$".replace(r"\-", "-").replace(r"\ ", " ")
