"""Serve the page to the browser of this machine, and answer what it asks. Nothing is kept."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from outdial.documents import Strict
from outdial.documents.template import fill
from outdial.explain import explain
from outdial.explain.inputs import decoded
from outdial.explain.page import PAGE_PATH
from outdial.explain.request import NotUnderstood
from outdial.provider import Answer, Call, Policy

HERE = Path(__file__).parent
LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
Text = Annotated[str, StringConstraints(max_length=8_000_000)]
Value = bool | int | Annotated[str, StringConstraints(max_length=200)] | tuple[str, ...]
Facts = Annotated[dict[str, dict[str, Value]], Field(max_length=20)]


class Asked(Strict):
    """Question of the page: pasted request or response, and facts by kind of record."""

    request: Text = ""
    response: Text = ""
    edition: str = ""
    facts: Facts = {}


class PageApplication:
    """`GET` is the page, `POST` explains; only for requests by a name of this machine, and from no other page."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies

    def answer(self, call: Call) -> Answer:
        """Answer any request."""
        host, origin = call.headers.get("host", ""), call.headers.get("origin")
        if not LOOPBACK.fullmatch(host):
            return _problem(403, "this page is for the browser of this machine; open it by localhost or 127.0.0.1")
        if origin is not None and origin != f"http://{host}":
            return _problem(403, "only the page itself is answered")
        if call.path not in (PAGE_PATH, "/"):
            return _problem(404, f"not found; expected {PAGE_PATH}")
        if call.method == "GET":
            return Answer(200, {**_safe(), "Content-Type": "text/html; charset=utf-8"}, _page().encode())
        if call.method != "POST":
            return _problem(405, "GET is the page, POST explains", {"Allow": "GET, HEAD, POST"})
        if call.media_type != "application/json":
            return _problem(415, "expected application/json")
        try:
            return _json(200, self._explained(_asked(call)))
        except NotUnderstood as problem:
            return _problem(400, str(problem))

    def _explained(self, asked: Asked) -> Any:
        if asked.edition and asked.edition not in self._policies:
            raise NotUnderstood(f"invalid edition: expected one of {', '.join(sorted(self._policies))}")
        request, response = (_text(each) if each.strip() else None for each in (asked.request, asked.response))
        found = explain(request, response, asked.facts, asked.edition or None, policies=self._policies)
        return {**found.as_json(), "text": found.text(), "verbose": found.text(verbose=True)}


def _asked(call: Call) -> Asked:
    """Read the question. Raises `NotUnderstood` without repeating it: it may hold a secret."""
    form, body = call.json
    if form != "object":
        raise NotUnderstood("expected a JSON object")
    try:
        return Asked.model_validate(body)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = str(first["loc"][0]) if first["loc"] and first["loc"][0] in Asked.model_fields else "the object"
        raise NotUnderstood(f"invalid {where}: {first['type']}; expected {', '.join(Asked.model_fields)}") from None


def _text(text: str) -> str:
    """Return a text without halves of characters, which no file has."""
    return decoded(text.encode(errors="replace"), "the pasted text")


@cache
def _file(kind: str) -> str:
    return (HERE / f"page.{kind}").read_text(encoding="utf-8")


@cache
def _page() -> str:
    return str(fill(_file("html"), {"policy": _policy(), "style": _file("css"), "script": _file("js")}))


@cache
def _policy() -> str:
    """The Content-Security-Policy: this style, this script, requests to where the page came from."""
    hashed = {kind: b64encode(sha256(_file(kind).encode()).digest()).decode() for kind in ("js", "css")}
    return (
        f"default-src 'none'; script-src 'sha256-{hashed['js']}'; style-src 'sha256-{hashed['css']}'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _safe() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"{_policy()}; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Answer(status, {**_safe(), "Content-Type": "application/json", **(headers or {})}, body)


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _json(status, {"error": message}, headers)
