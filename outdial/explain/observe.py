"""`outdial observe`: record what a vendor answers to requests that need no account.

Every request is printed before it is sent; only these are sent, with made-up credentials, and none of them dials.
"""

import json
from argparse import ArgumentParser, Namespace
from base64 import b64encode
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from outdial.explain.ask import SECONDS, CannotAsk, checked
from outdial.explain.explanation import is_loopback
from outdial.explain.operations import apis
from outdial.explain.sent import FORM
from outdial.folders import CONTRACTS

OBSERVED = CONTRACTS / "observed"
CLIENT = "00000000-0000-4000-8000-00000000dead"
BASIC = "Basic " + b64encode(f"{CLIENT}:made-up".encode()).decode()
KEPT = ("content-type", "www-authenticate", "retry-after", "allow")
"""Headers of an answer that are kept; no others."""
LONGEST = 20_000
Sent = tuple[str, str, str, dict[str, str], str]
"""Id, method, path, headers, body."""
LOGIN: tuple[Sent, ...] = (
    ("token-no-client", "POST", "/oauth/token", {"Content-Type": FORM}, "grant_type=client_credentials"),
    *(
        (f"token-{name}", "POST", "/oauth/token", {"Content-Type": FORM, "Authorization": BASIC}, urlencode(form))
        for name, form in (
            ("unknown-client", {"grant_type": "client_credentials"}),
            ("no-grant-type", {}),
            ("unknown-grant", {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"}),
            ("unknown-code", {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://a.example"}),
            ("unknown-refresh-token", {"grant_type": "refresh_token", "refresh_token": "x"}),
        )
    ),
)
API: tuple[Sent, ...] = tuple(
    (f"{name}-{caller}", "GET", f"/api/v2/{path}", headers, "")
    for name, path in (
        ("calls", "conversations/calls"),
        ("calls-slash", "conversations/calls/"),
        ("call", "conversations/calls/00000000-0000-4000-8000-00000000dead"),
        ("me", "users/me"),
        ("token-me", "tokens/me"),
        ("no-such-path", "no-such-path"),
    )
    for caller, headers in (
        ("no-token", {}),
        ("unknown-token", {"Authorization": "Bearer made-up-token"}),
        ("no-scheme", {"Authorization": "made-up-token"}),
        ("basic", {"Authorization": BASIC}),
    )
)


def add_options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "outdial observe genesys-cloud --host HOST [--login HOST] [--send] [--out FILE]"
    parser.add_argument("api", choices=("genesys-cloud",), help="whose answers are recorded")
    parser.add_argument(
        "--host", required=True, help="the API's host, such as api.mypurecloud.com; or a URL of loopback"
    )
    parser.add_argument("--login", help="the login host (default: login. in place of api.)")
    parser.add_argument("--send", action="store_true", help="send them; without it they are only listed")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the answers go (default: contracts/observed/…)")
    parser.epilog = "example: outdial observe genesys-cloud --host api.mypurecloud.com --send"


def run(options: Namespace) -> int:
    """List the requests; with --send, send them and write the answers. Raises `CannotAsk`."""
    base = checked(options.host)
    login = _login(base, options.login)
    requests = [(login, each) for each in LOGIN] + [(base, each) for each in API]
    for where, (_, method, path, headers, body) in requests:
        caller = headers.get("Authorization", "no Authorization").partition(" ")[0]
        print(f"{method} {where}{path}  [{caller}]" + (f"  {body}" if body else ""))
    if not options.send:
        print(f"{len(requests)} requests, none sent; --send sends them")
        return 0
    entries, failures = [], 0
    for where, each in requests:
        entry = _answer(where, each)
        failures += entry is None
        entries += [entry] if entry else []
    host = urlsplit(base).hostname or "loopback"
    target: Path = options.out or OBSERVED / f"{options.api}.{host}.{date.today().isoformat()}.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=118), encoding="utf-8")
    print(f"{len(entries)} answers written to {target}" + (f"; {failures} without an answer" if failures else ""))
    return 2 if failures == len(requests) else 0


def _login(base: str, given: str | None) -> str:
    if given is None:
        host = urlsplit(base).hostname or ""
        if is_loopback(host):
            return base.removesuffix("/genesys-cloud") + "/genesys-cloud-login"
        return base.replace("//api.", "//login.", 1)
    parts = urlsplit(given if "://" in given else f"https://{given}")
    host = parts.hostname or ""
    if not is_loopback(host) and (apis().of_host(host) != "genesys-cloud-login" or parts.scheme != "https"):
        raise CannotAsk(f"{host[:80]} is not asked: expected https and a published login host of Genesys Cloud")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _answer(base: str, sent: Sent) -> dict[str, Any] | None:
    """Send one request, and return the entry of its answer; None where there is none. Redirects are not followed."""
    name, method, path, headers, body = sent
    parts = urlsplit(base)
    made = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = made(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request(method, parts.path + path, body.encode() or None, headers)
        answer = connection.getresponse()
        content = answer.read(LONGEST).decode(errors="replace")
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    try:
        shown: Any = json.loads(content)
    except ValueError:
        shown = content
    return {
        "id": name,
        "address": f"{base}{path}",
        "date": date.today().isoformat(),
        "kind": "capture",
        "request": f"{method} {path}" + (f" {body}" if body else ""),
        "status": answer.status,
        "headers": {key: value for key in KEPT if (value := answer.getheader(key)) is not None},
        "body": shown,
        "note": f"sent by outdial observe; Authorization: {_caller(headers)}",
    }


def _caller(headers: dict[str, str]) -> str:
    value = headers.get("Authorization", "none")
    return {BASIC: "Basic, a client that does not exist"}.get(value, value)
