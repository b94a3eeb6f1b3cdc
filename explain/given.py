"""What was given: a cURL command, a HAR or a small YAML, and facts by options; into what is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import StringConstraints

from explain.curl import is_curl, read_curl
from explain.har import read_har
from explain.request import NotUnderstood, Request
from explain.response import Response, read_response
from yaml_documents import Strict

LIMIT = 8_000_000
"""Bytes that are read of anything."""


@dataclass(frozen=True)
class Given:
    """A request, facts by kind of record, and the response."""

    request: Request
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    response: Response | None = None
    edition: str | None = None


class RequestFile(Strict):
    """The small YAML: `request: POST https://…`, and what else is known."""

    request: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+ \S+$")]
    headers: dict[str, str | int] = {}
    body: dict[str, Any] | list[Any] | str | None = None
    given: dict[str, dict[str, Any]] = {}
    response: str | None = None
    edition: str | None = None


def text_of(source: Path) -> str:
    """The text in a file. Raises `NotUnderstood` for one that is too large or no text."""
    try:
        with source.open("rb") as file:
            return decoded(file.read(LIMIT + 1), str(source))
    except OSError as error:
        raise NotUnderstood(f"{source}: cannot be read: {error.strerror}") from None


def decoded(content: bytes, name: str) -> str:
    """Bytes as text. Raises `NotUnderstood`."""
    if len(content) > LIMIT:
        raise NotUnderstood(f"{name}: larger than {LIMIT // 1_000_000} MB; give the one request that was refused")
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            raise NotUnderstood(f"{name}: no text: byte {error.start} is not {encoding}") from None
    return ""


def read_given(text: str, entry: int | None = None) -> Given:
    """What a text gives. Raises `NotUnderstood`."""
    stripped = text.strip()
    if not stripped:
        raise NotUnderstood("nothing was given; expected a cURL command, a HAR, or YAML with `request: POST https://…`")
    if is_curl(stripped):
        return Given(read_curl(stripped))
    if stripped.startswith(("{", "[")):
        request, response = read_har(stripped, entry)
        return Given(request, {}, response)
    return _read_yaml(stripped)


def _read_yaml(text: str) -> Given:
    from yaml_documents.document import DocumentError

    try:
        read = _document(text)
    except DocumentError as error:
        raise NotUnderstood(f"neither a cURL command nor YAML: {error}") from None
    method, _, url = read.request.partition(" ")
    headers = tuple((name, str(value)) for name, value in read.headers.items())
    body = read.body
    if body is None or isinstance(body, str):
        content = (body or "").encode()
    else:
        import json

        content = json.dumps(body, ensure_ascii=False).encode()
        if "content-type" not in {name.lower() for name, _ in headers}:
            headers = (*headers, ("Content-Type", "application/json"))
    named = {name.lower() for name, _ in headers}
    hidden = frozenset({"authorization"}) - named
    response = read_response(read.response) if read.response else None
    return Given(Request(method.upper(), url, headers, content, hidden), read.given, response, read.edition)


__all__ = ["Given", "decoded", "read_given", "text_of", "yaml"]
