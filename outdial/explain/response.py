"""The response that somebody got, as `curl -i` prints it or the body alone."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from outdial.explain.request import NotUnderstood

STATUS_LINE = re.compile(r"HTTP/\d(?:\.\d)? (?P<status>[1-5]\d\d)\b[^\n]*(?:\n|$)")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~\w-]+")
BARE_STATUS = re.compile(r"(?:[\w.]+[ :(-]+){0,5}?(?:HTTP/[\d.]+ )?(?P<status>[1-5]\d\d)(?=[\s:,)]|$)", re.IGNORECASE)


def objects_in(values: Any) -> Iterator[Mapping[str, Any]]:
    """Return the objects of a JSON list; none of anything else."""
    yield from (each for each in (values if isinstance(values, list) else ()) if isinstance(each, Mapping))


@dataclass(frozen=True)
class PastedResponse:
    """`status` is None where only a body was given that does not begin with one."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or the first object in it; None where there is none."""
        for start in (0, self.text.find("{")):
            try:
                return json.JSONDecoder().raw_decode(self.text, max(start, 0))[0]
            except (ValueError, RecursionError):
                continue
        return None


def read_response(text: str) -> PastedResponse:
    """A response from text. Raises `NotUnderstood` for an empty or binary one."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff\n\t ")
    if not text.strip():
        raise NotUnderstood("the response is empty; paste the body, or what `curl -i` prints")
    if "\0" in text:
        raise NotUnderstood("the response has a NUL in it: that is no text")
    head = STATUS_LINE.match(text)
    if head is None:
        found = BARE_STATUS.match(text)
        return PastedResponse(int(found["status"]) if found else None, {}, text.strip())
    rest = text[head.end() :]
    lines, _, body = ("", "", rest) if rest.startswith("\n") else rest.partition("\n\n")
    if STATUS_LINE.match(body):  # 100 Continue, a redirect, or a proxy's answer came first
        return read_response(body)
    headers = {}
    for at, line in enumerate(filter(None, lines.split("\n")), start=2):
        name, colon, value = line.partition(":")
        if not colon or not HEADER_NAME.fullmatch(name):
            raise NotUnderstood(f"line {at} of the response is no header; an empty line stands before the body")
        headers[name.strip().lower()] = value.strip()
    return PastedResponse(int(head["status"]), headers, body.strip())
