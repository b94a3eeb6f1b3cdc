"""Keep credentials out of every output."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from outdial.explain.request import Request, Response, is_placeholder

SECRET = re.compile(
    r"token|secret|password|passwd|assertion|authorization|cookie|credential|api-?key|verifier|session|signature|auth$",
    re.I,
)
"""Names of fields and headers with a credential in them."""
LONG = re.compile(r"(?=[\w.~+/=-]*\d)[\w.~+/=-]{40,}")
"""A text without spaces of this length, with a digit, is taken for a secret; an id has 36 characters."""
SHORTEST = 6
"""Characters; a shorter text would hide parts of words."""
SCHEMES = {"bearer", "basic", "digest", "negotiate"}


class Hiding:
    """Masks the credentials of one request and its response."""

    def __init__(self, request: Request | None, response: Response | None) -> None:
        found = [*(_of_request(request) if request else ()), *(_of_response(response) if response else ())]
        texts = {text for text in found if len(text) >= SHORTEST and not is_placeholder(text)}
        ordered = sorted(texts, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return a text without the credentials."""
        return self._pattern.sub("<hidden>", text) if self._pattern else text

    def json(self, value: Any) -> Any:
        """Return a JSON value without the credentials."""
        if isinstance(value, dict):
            return {key: self.json(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def hidden(value: Any, name: str = "") -> Any:
    """Return a value with placeholders for texts that may be secret, by their name or their look."""
    if isinstance(value, Mapping):
        return {key: hidden(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [hidden(each, name) for each in value]
    if not isinstance(value, str) or (value.startswith("<") and value.endswith(">")):
        return value
    return f"<{name or 'hidden'}>" if SECRET.search(name) or LONG.search(value) else value


def hidden_path(path: str) -> str:
    """Return a path without steps that look like a secret."""
    return "/".join(map(hidden, path.split("/")))


def _of_response(response: Response) -> Iterator[str]:
    yield from _secret_fields(response.json, "")
    yield from (value for name, value in response.headers.items() if SECRET.search(name))


def _of_request(request: Request) -> Iterator[str]:
    for name, value in request.headers:
        if SECRET.search(name):
            yield value
            yield from (word for word in re.split(r"[\s;,=:]+", value) if word.lower() not in SCHEMES)
    yield from request.basic.values()
    query = request.parts.query
    yield from (query, unquote(query), *(value for name, value in parse_qsl(query) if SECRET.search(name)))
    yield from _secret_fields(request.json, "")
    yield from (value for name, value in request.form.items() if SECRET.search(name) or name == "code")


def _secret_fields(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _secret_fields(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _secret_fields(each, name)
    elif isinstance(value, str) and SECRET.search(name):
        yield value
