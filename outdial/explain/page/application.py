"""Serve the page to the browser of this machine, and answer its questions. Nothing is kept."""

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
from outdial.explain.page import PAGE_PATH
from outdial.explain.request import NotUnderstood
from outdial.provider import Answer, Call, Policy

LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Text = Annotated[str, StringConstraints(max_length=8_000_000)]
Value = bool | int | Annotated[str, StringConstraints(max_length=200)] | tuple[str, ...]


class Asked(Strict):
    """Question of the page: pasted request or response, and facts by kind of record."""

    request: Text = ""
    response: Text = ""
    edition: str = ""
    facts: Annotated[dict[str, dict[str, Value]], Field(max_length=20)] = {}


class PageApplication:
    """`GET` is the page, `POST` explains; only for requests by a name of this machine, and from no other page."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies

    def answer(self, call: Call) -> Answer:
        """Answer any request."""
        host, origin = call.headers.get("host", ""), call.headers.get("origin")
        if not LOOPBACK.fullmatch(host):
            return _json(403, {"error": "only the browser of this machine is answered: open localhost or 127.0.0.1"})
        if origin is not None and origin != f"http://{host}":
            return _json(403, {"error": "only the page itself is answered"})
        if call.path not in (PAGE_PATH, "/"):
            return _json(404, {"error": f"not found; expected {PAGE_PATH}"})
        if call.method == "GET":
            policy = f"{_page()[0]}; frame-ancestors 'none'"
            headers = {**SAFE, "Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
            return Answer(200, headers, _page()[1].encode())
        if call.method != "POST":
            return _json(405, {"error": "GET is the page, POST explains"}, {"Allow": "GET, HEAD, POST"})
        if call.media_type != "application/json":
            return _json(415, {"error": "expected application/json"})
        try:
            return _json(200, self._explained(_asked(call)))
        except NotUnderstood as problem:
            return _json(400, {"error": str(problem)})

    def _explained(self, asked: Asked) -> Any:
        if asked.edition and asked.edition not in self._policies:
            raise NotUnderstood(f"invalid edition: expected one of {', '.join(sorted(self._policies))}")
        # Halves of characters, which no file has, are replaced.
        request, response = (each.encode(errors="replace").decode() for each in (asked.request, asked.response))
        edition = asked.edition or None
        found = explain(
            request.strip() or None, response.strip() or None, asked.facts, edition, policies=self._policies
        )
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


@cache
def _page() -> tuple[str, str]:
    """The Content-Security-Policy, which names the style and the script by their hashes, and the page."""
    texts = {kind: (Path(__file__).parent / f"page.{kind}").read_text("utf-8") for kind in ("html", "css", "js")}
    style, script = (b64encode(sha256(texts[kind].encode()).digest()).decode() for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return policy, str(fill(texts["html"], {"policy": policy, "style": texts["css"], "script": texts["js"]}))


def _json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return Answer(status, {**SAFE, **policy, "Content-Type": "application/json", **(headers or {})}, body)
