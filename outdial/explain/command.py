"""`outdial explain`: why a request is refused, and the smallest change. Nothing is sent unless `--ask` is given."""

import json
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from outdial.explain.answering import explain
from outdial.explain.ask import Asked, ask, facts_of_file, planned, reader
from outdial.explain.explanation import Explanation
from outdial.explain.facts import SETS, knowledge
from outdial.explain.hiding import LONG, SECRET
from outdial.explain.inputs import decoded, read_given, text_of
from outdial.explain.operations import editions, is_loopback
from outdial.explain.request import NotUnderstood, Request, is_placeholder
from outdial.provider import POLICIES
from provider_states import load_policies
from provider_states.kinds import record_kinds

CODES = {True: 0, False: 1, None: 3}


def add_options(parser: ArgumentParser) -> None:
    """Add the options: the response, known facts, and the form of the answer."""
    parser.usage = "outdial explain [options] [REQUEST]"
    parser.add_argument("request", nargs="?", metavar="REQUEST", help="a request, a response or both: text, file, or -")
    parser.add_argument("--response", type=Path, metavar="FILE", help="the response: `curl -i`, or the body alone")
    parser.add_argument("--entry", type=int, metavar="N", help="choose a request of a HAR or a collection, from 1")
    parser.add_argument("--grant", metavar="GRANT", help="of the token: client_credentials, authorization_code, …")
    parser.add_argument("--scope", action="append", metavar="NAME", help="a scope of the token, or none")
    parser.add_argument("--permission", action="append", metavar="NAME", help="a permission of the role, or none")
    parser.add_argument("--division", metavar="NAME", help="where the role is granted: home (default), other")
    parser.add_argument("--token", action="append", default=[], metavar="FACT=VALUE", help="such as status=expired")
    parser.add_argument("--agent", action="append", default=[], metavar="FACT=VALUE", help="such as station=none")
    parser.add_argument("--given", action="append", default=[], metavar="FACT=VALUE", help="any other fact of a record")
    parser.add_argument("--edition", metavar="NAME", help="an account of the API (default: the published one)")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--row", action="store_true", help="also name the rows that pin this refusal")
    parser.add_argument("--verbose", action="store_true", help="rules, published codes and sources too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--ask", action="store_true", help="read the facts from the API (OUTDIAL_TOKEN)")
    parser.add_argument("--dry-run", action="store_true", help="with --ask: list the requests, and send none")
    parser.add_argument("--facts", type=Path, metavar="FILE", help="the API's answers, saved as JSON: {path: body}")
    parser.add_argument("--page", action="store_true", help="serve a page on this machine to paste into")
    parser.epilog = "example: outdial explain request.txt --response answer.txt --grant client_credentials"


def run(options: Namespace) -> int:
    """Explain. Return 0 for accepted, 1 for refused, 3 for depends. Raises `NotUnderstood`."""
    if options.page:
        return _page(options)
    request = _text(options.request) if options.request is not None else None
    response = text_of(options.response) if options.response else None
    facts = said_by(options)
    asked = _asked(options, request)
    if asked is None:
        return 0
    for kind, own in asked.facts.items():
        facts[kind] = {**facts.get(kind, {}), **own}
    policies = editions(options.policies)
    found = explain(request, response, facts, options.edition, policies=policies, entry=options.entry)
    if options.json:
        print(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        rows = _rows(found) if options.row else []
        print("\n".join([found.text(verbose=options.verbose).rstrip("\n"), *asked.lines, *rows]))
    return CODES[found.accepted]


def _rows(found: Explanation) -> list[str]:
    """Return the rows whose refusal is by the rule that the answer is about, or the line that a table would need."""
    from outdial.pact_files import PACTS, read_interactions

    lead = found.lead
    if lead is None:
        return ["No rule refuses; no row pins it."]
    rows = [each for each in read_interactions([PACTS]) if (each.provider, each.because) == (found.edition, lead.rule)]
    same = [each for each in rows if found.request.startswith(each.request.method)][:3]
    if not same:
        answer = f"answers: {lead.status} {lead.code}".strip()
        return [f"No row pins it. For a table: {found.request}, because: {lead.rule}, {answer}, basis: {lead.basis}"]
    return [f"Pinned by {each.case_id}: {each.expected}; {each.basis}: {each.evidence}" for each in same]


def _asked(options: Namespace, request: str | None) -> Asked | None:
    """Read the facts from the API, or from a file; None when the requests were only listed. Raises `NotUnderstood`."""
    if options.facts:
        try:
            return facts_of_file(json.loads(text_of(options.facts)), str(options.facts))
        except ValueError as error:
            raise NotUnderstood(f"{options.facts}: {error}") from None
    if not options.ask:
        return Asked()
    sent = read_given(request, options.entry).request if request else None
    if sent is None:
        raise NotUnderstood("--ask: expected a request, whose host is asked")
    agent, queue = re.search("/calls/user/([^/]+)$", sent.path), sent.json.get("callFromQueueId")
    user = agent[1] if agent and not is_placeholder(agent[1]) else None
    queue = queue if isinstance(queue, str) and not is_placeholder(queue) else None
    if options.dry_run:
        print("\n".join(f"GET {path}" for path in planned(user, queue)))
        return None
    prefix = sent.path.partition("/api/v2/")[0] if is_loopback(sent.host) else ""
    return ask(reader(f"{sent.parts.scheme}://{sent.parts.netloc}{prefix}"), user, queue)


def _page(options: Namespace) -> int:
    """Serve the page until a signal stops it. Raises `DocumentError`, `PortInUse`."""
    from outdial.explain.page import PAGE_PATH
    from outdial.explain.page.application import PageApplication
    from outdial.provider.server import listen, serve

    if options.request is not None:
        raise NotUnderstood("--page takes no REQUEST: paste it into the page")
    application = PageApplication(load_policies(options.policies))
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{PAGE_PATH}"
        serve({listener: application.answer}, lambda: print(url, flush=True))
    return 0


def _text(argument: str) -> str:
    """Return the text of REQUEST: standard input, a file, or itself."""
    if argument == "-":
        return decoded(sys.stdin.buffer.read(), "standard input")
    if os.path.isfile(argument):
        return text_of(Path(argument))
    if not re.search(r"\s|^\{", argument.strip()):
        expected = "expected a file, a cURL command, or - for standard input"
        raise NotUnderstood(f"{LONG.sub('…', argument)}: no such file; {expected}")
    return argument


def said_by(options: Namespace) -> dict[str, dict[str, Any]]:
    """Return the facts that options state, by kind of record. Raises `NotUnderstood` with the option as typed."""
    typed: list[tuple[str, str, Any]] = [
        ("--grant ", "token.grant", options.grant),
        ("--scope ", "token.scopes", options.scope),
        ("--permission ", "token.permissions", options.permission),
        ("--division ", "token.division", options.division),
    ]
    for option, prefix in (("--token", "token."), ("--agent", "agent."), ("--given", "")):
        for text in getattr(options, option[2:]):
            name, equals, value = text.partition("=")
            if not equals or not re.fullmatch(r"[^.]+\..+", prefix + name):
                form = "number.active=false" if option == "--given" else "station=none"
                raise NotUnderstood(f"invalid {option}: expected FACT=VALUE, such as {form}")
            typed.append((f"{option} {name}=", prefix + name, value.split(",") if name.endswith(SETS) else value))
    found: dict[str, dict[str, Any]] = {}
    for place, fact, value in (each for each in typed if each[2]):
        kind, _, attribute = fact.partition(".")
        try:
            knowledge(Request("GET", "/"), {kind: {attribute: value}}, record_kinds())
        except NotUnderstood as problem:
            raise NotUnderstood(f"{place}{'…' if SECRET.search(attribute) else value}: {problem}") from None
        found.setdefault(kind, {})[attribute] = value
    if options.permission:  # the division of the agent too, unless it is said otherwise
        found["token"].setdefault("division", "home")
    return found
