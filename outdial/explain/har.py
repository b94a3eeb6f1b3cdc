"""Reads one request of a HAR file, as the network panel of a browser saves it, with its response.

Browsers leave Authorization and cookies out of it, so that they are missing says nothing.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error

from pydantic import BaseModel, Field, ValidationError

from outdial.explain.request import NotUnderstood, PastedRequest
from outdial.explain.response import PastedResponse

HIDDEN = frozenset({"authorization", "cookie"})
SHOWN = 5


class _Pair(BaseModel):
    name: str
    value: str


class _Text(BaseModel):
    text: str | None = None
    encoding: str | None = None
    params: list[_Pair] = []


class _Sent(BaseModel):
    method: str
    url: str
    headers: list[_Pair] = []
    post: _Text | None = Field(None, alias="postData")


class _Answered(BaseModel):
    status: int = 0
    headers: list[_Pair] = []
    content: _Text = _Text()


class _Entry(BaseModel):
    request: _Sent
    response: _Answered = _Answered()


class _Log(BaseModel):
    entries: list[_Entry]


class _Har(BaseModel):
    log: _Log


def read_har(text: str, number: int | None = None) -> tuple[PastedRequest, PastedResponse | None]:
    """The request with this number (from 1); without one, the only one, or the only one that was refused.

    Raises `NotUnderstood`.
    """
    try:
        entries = _Har.model_validate(json.loads(text)).log.entries
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise NotUnderstood(f"the HAR cannot be read: {where}: {first['msg']}") from None
    except RecursionError:
        raise NotUnderstood("the HAR cannot be read: nested without end") from None
    except ValueError as error:
        place = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "it is no JSON"
        raise NotUnderstood(f"the HAR cannot be read: {place}") from None
    entry = _chosen(entries, number)
    sent = entry.request
    post = sent.post or _Text()
    body = post.text if post.text is not None else "&".join(f"{each.name}={each.value}" for each in post.params)
    headers = tuple((each.name, each.value) for each in sent.headers if not each.name.startswith(":"))
    named = {name.lower() for name, _ in headers}
    request = PastedRequest(sent.method.upper(), sent.url, headers, body.encode(errors="replace"), HIDDEN - named)
    answered = entry.response
    if not 100 <= answered.status <= 599:
        return request, None
    return request, PastedResponse(
        answered.status, {each.name.lower(): each.value for each in answered.headers}, _content(answered.content)
    )


def _chosen(entries: list[_Entry], number: int | None) -> _Entry:
    if not entries:
        raise NotUnderstood("the HAR has no request in it")
    if number is not None:
        if not 1 <= number <= len(entries):
            raise NotUnderstood(f"--entry {number}: the HAR has entries 1 to {len(entries)}")
        return entries[number - 1]
    refused = [(at, each) for at, each in enumerate(entries, 1) if each.response.status >= 400]
    if len(refused) == 1 or len(entries) == 1:
        return refused[0][1] if refused else entries[0]
    shown = refused or list(enumerate(entries, 1))
    lines = [
        f"  --entry {at}: {each.request.method[:10]}, answered {each.response.status}" for at, each in shown[:SHOWN]
    ]
    more = [f"  … {len(shown) - SHOWN} more"] if len(shown) > SHOWN else []
    what = f"{len(refused)} of them refused" if refused else "none of them refused"
    raise NotUnderstood("\n".join([f"the HAR has {len(entries)} requests, {what}: say which", *lines, *more]))


def _content(content: _Text) -> str:
    text = content.text or ""
    if content.encoding != "base64":
        return text
    try:
        return b64decode(text).decode(errors="replace")
    except (Base64Error, ValueError):
        return ""
