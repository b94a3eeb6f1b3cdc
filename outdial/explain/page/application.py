"""Serve the page to the browser of this machine, and answer its questions. Nothing is kept."""

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
from outdial.provider.exchange import in_json

LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
DATA = {**SAFE, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
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
        if not LOOPBACK.fullmatch(host) or origin not in (None, f"http://{host}"):
            return in_json(403, {"error": "only this page in a browser of this machine is answered"}, **DATA)
        if call.path not in (PAGE_PATH, "/"):
            return in_json(404, {"error": f"not found; expected {PAGE_PATH}"}, **DATA)
        if call.method == "GET":
            return _page()
        if call.method != "POST":
            return in_json(405, {"error": "GET is the page, POST explains"}, **DATA, Allow="GET, HEAD, POST")
        if call.media_type != "application/json":
            return in_json(415, {"error": "expected application/json"}, **DATA)
        try:
            return in_json(200, self._explained(call), **DATA)
        except NotUnderstood as problem:
            return in_json(400, {"error": str(problem)}, **DATA)

    def _explained(self, call: Call) -> dict[str, Any]:
        """Explain. Raises `NotUnderstood` without repeating a wrong question: it may hold a secret."""
        try:
            asked = Asked.model_validate(call.json[1])
        except ValidationError as problem:
            first = problem.errors()[0]
            where = next((each for each in first["loc"] if each in Asked.model_fields), "the object")
            raise NotUnderstood(f"invalid {where}: {first['type']}; expected {', '.join(Asked.model_fields)}") from None
        if asked.edition and asked.edition not in self._policies:
            raise NotUnderstood(f"invalid edition: expected one of {', '.join(sorted(self._policies))}")
        # Halves of characters, which no file has, are replaced.
        request, response = (each.encode(errors="replace").decode().strip() for each in (asked.request, asked.response))
        found = explain(request or None, response or None, asked.facts, asked.edition or None, policies=self._policies)
        return {**found.as_json(), "text": found.text(), "verbose": found.text(verbose=True)}


@cache
def _page() -> Answer:
    """Return the page. Its Content-Security-Policy names the style and the script by their hashes."""
    texts = {kind: (Path(__file__).parent / f"page.{kind}").read_text("utf-8") for kind in ("html", "css", "js")}
    style, script = (b64encode(sha256(texts[kind].encode()).digest()).decode() for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    page = str(fill(texts["html"], {"policy": policy, "style": texts["css"], "script": texts["js"]}))
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Content-Type": "text/html; charset=utf-8",
    }
    return Answer(200, {**SAFE, **headers}, page.encode())
