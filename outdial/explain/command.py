"""`outdial explain`: why a request is refused, everything that stands in the way, and the smallest change.

Nothing is sent anywhere, and a token is looked at for its presence and scheme only.
"""

import gc
import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from outdial.definitions import load_definitions
from outdial.explain.explanation import all_editions, as_json, explain
from outdial.explain.given import Given, decoded, read_given, text_of
from outdial.explain.hiding import Hiding
from outdial.explain.knowledge import knowledge
from outdial.explain.request import NotUnderstood
from outdial.explain.response import read_response
from outdial.explain.sent import Sent
from outdial.explain.terminal import lines_of, table_of
from outdial.provider import POLICIES
from provider_states import EditionsOnDemand, load_policies
from provider_states.kinds import record_kinds

CODES = {True: 0, False: 1, None: 3}
STANDARD_INPUT = "-"
EXAMPLES = """examples:
  outdial explain request.txt --grant client_credentials --permission conversation:call:add
  outdial explain "curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls ..." --response answer.txt
  outdial explain --page
  pbpaste | outdial explain - --grant authorization_code --scope conversations --agent station=none"""


def add_options(parser: ArgumentParser) -> None:
    """What was sent, what is known besides, and what is wanted."""
    parser.usage = "outdial explain [options] REQUEST"
    parser.add_argument(
        "request", nargs="?", metavar="REQUEST", help="a cURL command, or a file with one, a HAR or YAML; or -"
    )
    parser.add_argument("--response", type=Path, metavar="FILE", help="what came back: `curl -i`, or the body alone")
    parser.add_argument("--entry", type=int, metavar="N", help="which request of a HAR, from 1")
    parser.add_argument("--grant", metavar="GRANT", help="of the token: client_credentials, authorization_code, …")
    parser.add_argument(
        "--scope", action="append", metavar="NAME", help="a scope of the token; all that it has, or none"
    )
    parser.add_argument(
        "--permission", action="append", metavar="NAME", help="a permission of the token's role; or none"
    )
    parser.add_argument("--division", metavar="NAME", help="where the role is granted: home, other")
    parser.add_argument("--token", action="append", default=[], metavar="FACT=VALUE", help="such as status=expired")
    parser.add_argument("--agent", action="append", default=[], metavar="FACT=VALUE", help="such as station=none")
    parser.add_argument(
        "--given", action="append", default=[], metavar="FACT=VALUE", help="such as number.active=false"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--edition", metavar="NAME", help="an account of the API (default: the published one)")
    which.add_argument("--all", action="store_true", help="every account of the API")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument(
        "--json", nargs="?", const=STANDARD_INPUT, metavar="FILE", help="as JSON, to FILE or the screen"
    )
    parser.add_argument(
        "--page",
        nargs="?",
        const=STANDARD_INPUT,
        metavar="FILE",
        help="in place of REQUEST: serve a page to paste it into, or write FILE, which shows everything else",
    )
    parser.epilog = EXAMPLES


def run(options: Namespace) -> int:
    """Explain. The code says the verdict: 0 accepted, 1 refused, 3 it depends. Raises `NotUnderstood`."""
    if options.page is not None:
        return _page(options)
    gc.disable()  # for one answer; looking for garbage would take a tenth of the time
    try:
        return _explain(options)
    finally:
        gc.enable()


def _explain(options: Namespace) -> int:
    given = _given(options)
    facts = {kind: dict(said) for kind, said in given.facts.items()}
    for kind, attribute, value in _said(options):
        facts.setdefault(kind, {})[attribute] = value
    known = knowledge(Sent(given.request), facts, record_kinds())
    policies, names = EditionsOnDemand(options.policies), load_definitions()
    if options.all:
        found = list(all_editions(known, policies, names, given.response))
    else:
        found = [explain(known, policies, names, options.edition or given.edition, given.response)]
    hiding = Hiding(given)
    if options.json is not None:
        documents: list[dict[str, Any]] = [as_json(each) for each in found]
        _write(hiding.json(documents if options.all else documents[0]), options.json)
    if options.json != STANDARD_INPUT:
        for line in table_of(found) if options.all else lines_of(found[0]):
            print(hiding.text(line).rstrip())
    return CODES[found[0].accepted]


def _write(document: Any, where: str) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if where == STANDARD_INPUT:
        print(text, end="")
        return
    _put(Path(where), text)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _page(options: Namespace) -> int:
    """Serve the page until a signal stops it, or write it. Raises `BadPact`, `DocumentError`, `PortInUse`."""
    from outdial.explain.page import PAGE_PATH
    from outdial.explain.page.application import PageApplication
    from outdial.provider.server import listen, serve

    if options.request is not None:
        raise NotUnderstood("--page takes no REQUEST: paste it into the page")
    application = PageApplication(load_policies(options.policies))
    if options.page != STANDARD_INPUT:
        _put(Path(options.page), application.page(live=False))
        return 0
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{PAGE_PATH}"
        serve({listener: application.answer}, lambda: print(url, flush=True))
    return 0


def _given(options: Namespace) -> Given:
    text = options.request
    if text is None:
        raise NotUnderstood("REQUEST is missing: a cURL command, a file, or - for standard input; or --page")
    if text == STANDARD_INPUT:
        text = decoded(sys.stdin.buffer.read(), "standard input")
    elif not text.lstrip().lower().startswith(("curl", "$ curl")) or ("\n" not in text.strip() and _is_file(text)):
        if not _is_file(text):
            raise NotUnderstood("REQUEST is no cURL command, and there is no file of that name")
        text = text_of(Path(text))
    given = read_given(text, options.entry)
    if options.response:
        given = replace(given, response=read_response(text_of(options.response)))
    return given


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _said(options: Namespace) -> list[tuple[str, str, Any]]:
    """Facts by options: kind of record, attribute, value."""
    found: list[tuple[str, str, Any]] = []
    if options.grant is not None:
        found.append(("token", "grant", options.grant))
    if options.division is not None:
        found.append(("token", "division", options.division))
    found += [("token", "scopes", options.scope)] if options.scope else []
    found += [("token", "permissions", options.permission)] if options.permission else []
    named = [("--token", f"token.{each}") for each in options.token]
    named += [("--agent", f"agent.{each}") for each in options.agent]
    for option, text in [*named, *(("--given", each) for each in options.given)]:
        fact, equals, value = text.partition("=")
        kind, dot, attribute = fact.partition(".")
        if not equals or not dot or not attribute:
            form = (
                "FACT=VALUE, such as number.active=false" if option == "--given" else "FACT=VALUE, such as station=none"
            )
            raise NotUnderstood(f"{option}: expected {form}")
        found.append((kind, attribute, value.split(",") if attribute in ("scopes", "permissions") else value))
    return found
