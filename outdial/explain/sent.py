"""The facts of a request as it was sent: by the provider's names, with what a placeholder hides left open."""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from outdial.explain.request import PLACEHOLDER, PastedRequest, is_placeholder

HIDDEN = object()
"""In place of a value: something may be there, and it is not known what."""
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Sent:
    """Body, form, headers and credentials of one request. The credentials of a bearer token are never kept."""

    def __init__(self, request: PastedRequest) -> None:
        self.request = request

    def value(self, fact: str) -> Any:
        """A fact of the request or of one of its parts; None where nothing was sent, `HIDDEN` where it is not known."""
        part, _, rest = fact.partition(".")
        if part == "request":
            return {"scheme": self.scheme, "media_type": self.media_type, "body": self.form_of_body}.get(
                rest, len(self.request.body)
            )
        if part == "header":
            return HIDDEN if rest in self.request.headers_hidden else self.request.sent.get(rest)
        if part == "basic":
            return HIDDEN if self.scheme is HIDDEN else self.basic.get(rest)
        if self.form_of_body is HIDDEN:
            return HIDDEN
        return _walk(self.json if part == "body" else self.form, rest)

    @cached_property
    def scheme(self) -> Any:
        """The scheme of the Authorization header, in lower case."""
        header = self.value("header.authorization")
        if header is None or header is HIDDEN:
            return header
        word = header.split(None, 1)[0].lower() if header.strip() else None
        return HIDDEN if word and is_placeholder(header.split(None, 1)[0]) else word

    @cached_property
    def media_type(self) -> Any:
        """The media type, in lower case and without parameters."""
        header = self.request.sent.get("content-type")
        if is_placeholder(header):
            return HIDDEN
        return (header or "").partition(";")[0].strip().lower() or None

    @cached_property
    def basic(self) -> Mapping[str, str]:
        """Client id and secret of a Basic header."""
        scheme, _, credentials = (self.request.sent.get("authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return {}
        if is_placeholder(credentials):
            return {"id": "<id>", "secret": "<secret>"}
        try:
            name, colon, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (Base64Error, ValueError):
            return {}
        return {"id": name, "secret": secret} if colon else {}

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.request.body.decode(errors="replace").strip()

    @cached_property
    def _parsed(self) -> Any:
        for text in (self.text, *_with_quoted_placeholders(self.text)):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                continue
        return HIDDEN

    @cached_property
    def form_of_body(self) -> Any:
        """`object`, `other`, `broken` or `none`, as JSON."""
        if not self.text:
            return "none"
        if PLACEHOLDER.fullmatch(self.text):
            return HIDDEN
        if self._parsed is HIDDEN:
            return "broken"
        return "object" if isinstance(self._parsed, dict) else "other"

    @property
    def json(self) -> Mapping[str, Any]:
        """The fields of a JSON body, whatever media type it was sent as."""
        return self._parsed if self.text and isinstance(self._parsed, dict) else {}

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form."""
        if self.form_of_body != "broken" or "=" not in self.text:
            return {}
        try:
            return dict(parse_qsl(self.text, max_num_fields=50))
        except ValueError:
            return {}

    def fields(self, part: str) -> Mapping[str, Any]:
        """The fields at the top of a part."""
        return {"body": self.json, "form": self.form, "header": self.request.sent}.get(part, {})


def _with_quoted_placeholders(text: str) -> Iterator[str]:
    """A JSON text in which placeholders stand without quotes, put into quotes."""
    if PLACEHOLDER.search(text):
        yield re.sub(rf'"(?:[^"\\]|\\.)*"|({PLACEHOLDER.pattern})', _quoted, text, flags=re.VERBOSE)


def _quoted(found: re.Match[str]) -> str:
    return json.dumps(found[1]) if found[1] else found[0]


def _walk(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value
