"""The page of a login host where a user lets an application in: it redirects with a code (RFC 6749, 4.1; RFC 7636).

No contract is about it, and no vendor publishes what it answers: it is here so that a browser's flow can be tested,
and all of it but its path is assumed. There is no password; whoever asks says which user of the world it is.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from outdial.provider.exchange import Answer, Call
from outdial.provider.records import Kinds, new_key
from outdial.provider.rule import Denial
from outdial.provider.world import World

CLIENT, USER, CODE = "client", "agent", "code"
USER_HINT = "login_hint"
"""Who logs in, by the parameter that OpenID Connect has for it (Core 1.0, 3.1.2.1)."""
SECONDS = 600
"""A code lives ten minutes, the longest that RFC 6749, 4.1.2, recommends."""
CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)
"""What S256 makes of a verifier (RFC 7636, 4.2)."""
WRITTEN = re.compile(r"[!\"$-~]+")
"""A URI is ASCII without spaces; a redirect URI has no fragment (RFC 6749, 3.1.2)."""
TOLD = ("access_denied", "server_error", "temporarily_unavailable")
"""Errors that a test can ask for, by the parameter `error`: as the user or the login host would cause them."""
PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def authorize(call: Call, world: World, kinds: Kinds, refuse: Callable[[Denial], Answer]) -> Answer:
    """Return a redirect with a code or an error; a page of users where the request does not say which one logs in.

    `refuse` answers, in the shape of the edition, what must not be sent to a redirect URI.
    """
    asked, uri = call.query, call.query.get("redirect_uri", "")
    client = world.find(CLIENT, asked.get("client_id"))
    if client is None:
        return refuse(_invalid("client_id is not that of an OAuth client"))
    if not _is_absolute(uri):
        return refuse(_invalid("redirect_uri is not an absolute URI without a fragment"))
    if error := _error(asked, client):
        return _redirect(asked, error=error)
    users = world.keys(USER)
    user = asked.get(USER_HINT) or (users[0] if len(users) == 1 else "")
    if world.find(USER, user) is None:
        return Answer(200, PAGE, _page(asked, users).encode())
    code = new_key(kinds[CODE].key)
    issued = {"client": asked["client_id"], "user": user, "redirect_uri": uri, "status": "valid"}
    world.add(CODE, code, kinds[CODE].record({**issued, "challenge": asked.get("code_challenge")}))
    world.lapse(CODE, code, SECONDS, {"status": "expired"})
    return _redirect(asked, code=code)


def _redirect(asked: Mapping[str, str], **fields: str) -> Answer:
    target = urlsplit(asked["redirect_uri"])
    told = fields | ({"state": asked["state"]} if "state" in asked else {})
    query = "&".join(filter(None, (target.query, urlencode(told))))
    headers = {"Location": target._replace(query=query).geturl(), "Cache-Control": "no-store"}
    return Answer(302, headers, b"", code=fields.get("error", ""))


def _error(asked: Mapping[str, str], client: Mapping[str, Any]) -> str:
    """Return the error that is told to the client (RFC 6749, 4.1.2.1; RFC 7636, 4.4.1); empty where there is none."""
    if asked.get("error") in TOLD:
        return asked["error"]
    if "response_type" not in asked:
        return "invalid_request"
    if asked["response_type"] != "code":
        return "unsupported_response_type"
    if client["grant"] != "authorization_code":
        return "unauthorized_client"
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    is_s256 = method == "S256" and CHALLENGE.fullmatch(challenge or "")
    return "" if is_s256 or (challenge is None and method is None) else "invalid_request"


def _is_absolute(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and bool(WRITTEN.fullmatch(uri))


def _invalid(message: str) -> Denial:
    return Denial(status=400, code="invalid_request", message=message)


def _page(asked: Mapping[str, str], users: list[str]) -> str:
    """Return the page of the world's users, each a link that lets the application in, and one that does not."""
    links = [*((each, {USER_HINT: each}) for each in users), ("nobody: refuse", {"error": TOLD[0]})]
    items = "".join(f'<li><a href="?{escape(urlencode({**asked, **more}))}">{escape(text)}</a>' for text, more in links)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Who logs in?</title><h1>Who logs in?</h1>"
        f"<p>{len(users) or 'No'} users of this stub's world. There is no password.</p>\n<ul>{items}</ul></html>\n"
    )
