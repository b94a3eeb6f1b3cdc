"""Keep credentials out of every output."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
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
        found = [*(_of_request(request) if request else ())]
        found += _secrets([response.json, response.headers] if response else [])
        texts = {text for text in found if len(text) >= SHORTEST and not is_placeholder(text)}
        self._pattern = re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))) or r"(?!)")

    def masked(self, value: Any) -> Any:
        """Return a value without the credentials: a text, or the texts in a record, a mapping or a list."""
        if isinstance(value, str):
            return self._pattern.sub("<hidden>", value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{each.name: self.masked(getattr(value, each.name)) for each in fields(value)})
        if isinstance(value, Mapping):
            return {key: self.masked(each) for key, each in value.items()}
        return type(value)(map(self.masked, value)) if isinstance(value, list | tuple | frozenset) else value


def _of_request(request: Request) -> Iterator[str]:
    for name, value in request.headers:
        if SECRET.search(name):
            yield from (value, *(word for word in re.split(r"[\s;,=:]+", value) if word.lower() not in SCHEMES))
    query = request.parts.query
    yield from (*request.basic.values(), query, unquote(query), request.form.get("code", ""))
    yield from _secrets([dict(parse_qsl(query)), request.json, request.form, request.path.split("/")])


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    """Yield the texts in a JSON value that are secret by their name or their look."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secrets(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _secrets(each, name)
    elif isinstance(value, str) and (SECRET.search(name) or LONG.search(value)):
        yield value
