"""`outdial observe`: record a vendor's answers to requests that need no account (`observe.yaml`)."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from outdial.explain.ask import checked, json_of, send
from outdial.explain.operations import is_loopback
from outdial.explain.request import FORM
from outdial.folders import CONTRACTS

KEPT = ("content-type", "www-authenticate", "retry-after", "allow")
"""Headers of an answer that are recorded; no others."""
LONGEST = 20_000


def add_options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "outdial observe genesys-cloud --host HOST [--send] [--out FILE]"
    parser.add_argument("api", choices=["genesys-cloud"], help="the API")
    parser.add_argument("--host", required=True, help="the API's host, such as api.mypurecloud.com; or a loopback URL")
    parser.add_argument("--send", action="store_true", help="send the requests; without it they are only listed")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the answers go (default: contracts/observed/…)")
    parser.epilog = "example: outdial observe genesys-cloud --host api.mypurecloud.com --send"


def run(options: Namespace) -> int:
    """List the requests; with --send, send them and write the answers. Raises `CannotAsk`."""
    base = checked(options.host)
    host = urlsplit(base).hostname or ""
    login = f"{base.removesuffix('/genesys-cloud')}/genesys-cloud-login"
    login = login if is_loopback(host) else base.replace("//api.", "//login.")
    requests = list(_requests(base, checked(login, "genesys-cloud-login")))
    for _, method, address, caller, form in requests:
        scheme = (caller or "no Authorization").partition(" ")[0]
        print(f"{method} {address}  [{scheme}]" + (f"  {form}" if form else ""))
    if not options.send:
        print(f"{len(requests)} requests, none sent; --send sends them")
        return 0
    entries = [entry for each in requests if (entry := _entry(*each))]
    target: Path = options.out or CONTRACTS / "observed" / f"{options.api}.{host}.{date.today().isoformat()}.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=118), encoding="utf-8")
    print(f"{len(entries)} answers written to {target}; {len(requests) - len(entries)} without an answer")
    return 0 if entries else 2


def _requests(base: str, login: str) -> Iterator[tuple[str, str, str, str | None, str]]:
    """Yield each request: id, method, address, Authorization header of its caller, and form."""
    known = yaml.safe_load((Path(__file__).parent / "observe.yaml").read_text("utf-8"))
    for name, form in [("no-client", {"grant_type": "client_credentials"}), *known["tokens"].items()]:
        caller = None if name == "no-client" else known["callers"]["basic"]
        yield f"token-{name}", "POST", f"{login}/oauth/token", caller, urlencode(form)
    for name, path in known["reads"].items():
        for who, caller in known["callers"].items():
            yield f"{name}-{who}", "GET", base + path, caller, ""


def _entry(name: str, method: str, address: str, caller: str | None, form: str) -> dict[str, Any] | None:
    """Send one request, and return the entry of its answer; None where there is none."""
    headers = {"Authorization": caller} if caller else {}
    headers |= {"Content-Type": FORM} if method == "POST" else {}
    status, answered, content = send(method, address, headers, form)
    body = json_of(content)
    if caller and caller.startswith("Basic"):
        caller = "Basic, a client that does not exist"
    entry = {
        "id": name,
        "address": address,
        "date": date.today().isoformat(),
        "kind": "capture",
        "request": f"{method} {urlsplit(address).path} {form}".strip(),
        "status": status,
        "headers": {key: value for key in KEPT if (value := answered.get(key)) is not None},
        "body": content[:LONGEST].decode(errors="replace") if body is None else body,
        "note": f"sent by outdial observe; Authorization: {caller or 'none'}",
    }
    return entry if status else None
