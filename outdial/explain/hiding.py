"""Keeps credentials out of whatever is printed: the last door, behind all that never lets one so far."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from outdial.explain.curl_text import SECRET
from outdial.explain.inputs import Given
from outdial.explain.request import is_placeholder
from outdial.explain.sent import Sent

SHORTEST = 6
"""Characters; a shorter text would hide parts of words."""
HIDDEN = "<hidden>"
SCHEMES = {"bearer", "basic", "digest", "negotiate"}


class Hiding:
    """The texts of one request and response that are credentials, or stand where one does."""

    def __init__(self, given: Given) -> None:
        texts = {text for text in _credentials(given) if len(text) >= SHORTEST and not is_placeholder(text)}
        ordered = sorted(texts, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """A text without them."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def json(self, value: Any) -> Any:
        """The same of every text in a JSON value."""
        if isinstance(value, dict):
            return {key: self.json(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.json(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def _credentials(given: Given) -> Iterator[str]:
    if given.response is not None:
        yield from _secret_fields(given.response.json, "")
        yield from (value for name, value in given.response.headers.items() if SECRET.search(name))
    if given.request is None:
        return
    request = given.request
    sent = Sent(request)
    for name, value in request.headers:
        if SECRET.search(name):
            yield value
            yield from (word for word in re.split(r"[\s;,=:]+", value) if word.lower() not in SCHEMES)
    yield from sent.basic.values()
    yield from (value for name, value in parse_qsl(request.parts.query) if SECRET.search(name))
    yield unquote(request.parts.query)
    yield request.parts.query
    yield from _secret_fields(sent.json, "")
    yield from (value for name, value in sent.form.items() if SECRET.search(name) or name == "code")


def _secret_fields(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _secret_fields(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _secret_fields(each, name)
    elif isinstance(value, str) and SECRET.search(name):
        yield value
