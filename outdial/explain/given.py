"""What was given: a cURL command, a HAR or a small YAML, and facts by options; into what is known."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from outdial.documents import Document, DocumentError, Strict
from outdial.explain.curl import is_curl, read_curl
from outdial.explain.request import NotUnderstood, PastedRequest
from outdial.explain.response import PastedResponse, read_response

AUTHORIZATION = frozenset({"authorization"})
"""What a file like this need not say."""
LIMIT = 8_000_000
"""Bytes that are read of anything."""


@dataclass(frozen=True)
class Given:
    """A request, facts by kind of record, and the response."""

    request: PastedRequest
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    response: PastedResponse | None = None
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
        from outdial.explain.har import read_har  # half of all time to import is for models; this one is rarely needed

        request, response = read_har(stripped, entry)
        return Given(request, {}, response)
    return _read_yaml(stripped)


def _read_yaml(text: str) -> Given:
    try:
        read = Document.of(text.encode(), Path("request")).parse(RequestFile)
    except DocumentError as error:
        raise NotUnderstood(
            f"neither a cURL command nor YAML that can be used: {_without_values(str(error))}"
        ) from None
    method, _, url = read.request.partition(" ")
    headers = tuple((name, str(value)) for name, value in read.headers.items())
    named = {name.lower() for name, _ in headers}
    if isinstance(read.body, dict | list):
        content = json.dumps(read.body, ensure_ascii=False)
        headers = headers if "content-type" in named else (*headers, ("Content-Type", "application/json"))
    else:
        content = read.body or ""
    response = read_response(read.response) if read.response else None
    request = PastedRequest(method.upper(), url, headers, content.encode(errors="replace"), AUTHORIZATION - named)
    return Given(request, read.given, response, read.edition)


def _without_values(problem: str) -> str:
    """A message of the YAML reader without the values that it shows: one of them may be a secret."""
    return re.sub(r",? (?:not|found) .*|'[^'\n]{12,}'", "", problem.partition("\n")[0])
