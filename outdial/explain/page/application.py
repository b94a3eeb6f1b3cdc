"""Serves the page to the browser of this machine, and answers what it asks; nothing is kept of it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from outdial.definitions import load_definitions
from outdial.documents import Strict
from outdial.explain.explanation import explain
from outdial.explain.given import decoded, read_given
from outdial.explain.hiding import Hiding
from outdial.explain.knowledge import knowledge, switched
from outdial.explain.page import PAGE_PATH
from outdial.explain.page.answer import told
from outdial.explain.page.everything import everything
from outdial.explain.page.html import html, policy
from outdial.explain.page.switches import records
from outdial.explain.request import NotUnderstood
from outdial.explain.response import read_response
from outdial.explain.sent import Sent
from outdial.pact_files import PACTS
from outdial.provider import Answer, Call, Policy
from outdial.provider.records import Kinds
from provider_states.kinds import record_kinds

LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"{policy()}; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Fact = Annotated[str, StringConstraints(max_length=200)]
Values = Annotated[tuple[bool | int | str | None, ...], Field(max_length=1)]


class Asked(Strict):
    """What the page asks: a request as it was pasted, the response, and facts with one value, or none: not known."""

    request: str
    response: str = ""
    edition: str = ""
    scopes: tuple[str, ...] | None = None
    permissions: tuple[str, ...] | None = None
    facts: dict[Fact, Values] = {}


class PageApplication:
    """`GET` is the page, `POST` explains. Only for who asks by a name of this machine, and from no other page."""

    def __init__(self, policies: Mapping[str, Policy], pacts: Sequence[Path] = (PACTS,)) -> None:
        self._policies = policies
        self._pacts = pacts

    @cached_property
    def _definitions(self) -> Any:
        return load_definitions()

    @cached_property
    def _records(self) -> Kinds:
        return records(self._policies.values(), record_kinds())

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        return everything(self._policies, self._definitions, self._pacts)

    def page(self, *, live: bool) -> str:
        """The whole page; what is not `live` needs no server."""
        return html({"live": live, **self._data})

    @cached_property
    def _live(self) -> bytes:
        return self.page(live=True).encode()

    def answer(self, call: Call) -> Answer:
        """The answer to any request."""
        host, origin = call.headers.get("host", ""), call.headers.get("origin")
        if not LOOPBACK.fullmatch(host):
            return _problem(403, "this page is for the browser of this machine; open it by localhost or 127.0.0.1")
        if origin is not None and origin != f"http://{host}":
            return _problem(403, "this is answered to its own page only")
        if call.path not in (PAGE_PATH, "/"):
            return _problem(404, f"there is nothing but {PAGE_PATH}")
        if call.method == "GET":
            return Answer(200, {**SAFE, "Content-Type": "text/html; charset=utf-8"}, self._live)
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
            raise NotUnderstood(f"edition is none of: {', '.join(sorted(self._policies))}")
        given = read_given(_text(asked.request))
        if asked.response.strip():
            given = replace(given, response=read_response(_text(asked.response)))
        held = {"scopes": asked.scopes, "permissions": asked.permissions}
        token = {**given.facts.get("token", {}), **{name: each for name, each in held.items() if each is not None}}
        known = knowledge(Sent(given.request), {**given.facts, "token": token}, record_kinds())
        known = switched(known, asked.facts, self._records)
        found = explain(known, self._policies, self._definitions, asked.edition or given.edition, given.response)
        return Hiding(given).json(told(found))


def _asked(call: Call) -> Asked:
    """What is asked. Raises `NotUnderstood`, without what was sent: it may be a secret."""
    form, body = call.json
    if form != "object":
        raise NotUnderstood("expected a JSON object")
    try:
        return Asked.model_validate(body)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = str(first["loc"][0]) if first["loc"] and first["loc"][0] in Asked.model_fields else "the object"
        known = ", ".join(Asked.model_fields)
        raise NotUnderstood(f"{where} cannot be used: {first['type']}. Known: {known}") from None


def _text(text: str) -> str:
    """A text without halves of characters, which no file has."""
    return decoded(text.encode(errors="replace"), "what was pasted")


def _json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Answer(status, {**SAFE, "Content-Type": "application/json", **(headers or {})}, body)


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _json(status, {"error": message}, headers)
