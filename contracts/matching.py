"""How a table states a value: exactly, alike in type, by a pattern of the whole text, or as a state returns it."""

import re
from collections.abc import Mapping
from typing import Any

from contracts.states import EXAMPLES
from yaml_documents.template import fill, names_in, split, whole_name

LIKE, MATCHES, REPEATED = {"like"}, {"matches", "example"}, {"text", "times"}


def is_matcher(value: Any) -> bool:
    """Whether a mapping states one value, rather than the fields of an object."""
    return isinstance(value, Mapping) and set(value) in (LIKE, MATCHES, REPEATED)


def example(value: Any) -> Any:
    """The value as it stands in the pact's example: matchers give their example, names their stand-in."""
    if isinstance(value, str):
        return fill(value, EXAMPLES)
    if isinstance(value, list):
        return [example(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == LIKE:
        return example(value["like"])
    if set(value) == MATCHES:
        return value["example"]
    if set(value) == REPEATED:
        return value["text"] * value["times"]
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
        return {"pact:matcher:type": "type", "value": example(value)}
    if set(value) == MATCHES:
        return {"pact:matcher:type": "regex", "regex": value["matches"], "value": value["example"]}
    if set(value) == REPEATED:
        return example(value)
    return {key: to_pact(each) for key, each in value.items()}


def pattern(text: str) -> str:
    """The regular expression of a text whose `${name}` parts may be anything but empty or a path step further."""
    if whole_name(text):
        return r"^\S+$"
    parts = split(text)
    anything = r"[^/\s]+" if text.startswith("/") else r"\S+"
    escaped = [anything if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return f"^{''.join(escaped)}$".replace(r"\-", "-").replace(r"\ ", " ")
