"""`outdial can-call`: whether the caller may place a call for a user, read from the API before anything is dialled."""

import json
from argparse import ArgumentParser, Namespace

from outdial.explain.answering import explain
from outdial.explain.ask import ask, checked, planned, reader
from outdial.explain.command import CODES
from outdial.explain.request import NotUnderstood, Request

WORDS = {True: "Yes", False: "No", None: "It depends"}


def add_options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "outdial can-call --for USER [--to NUMBER] [--host HOST] [--dry-run]"
    parser.add_argument("--for", dest="user", required=True, metavar="USER", help="id of the user who calls; or me")
    parser.add_argument("--to", default="<phone number>", metavar="NUMBER", help="the number; it is not dialled")
    parser.add_argument("--host", default="api.mypurecloud.com", help="the API's host (default: api.mypurecloud.com)")
    parser.add_argument("--dry-run", action="store_true", help="list the requests, and send none")
    parser.epilog = "The token comes from OUTDIAL_TOKEN; only GET is sent.\nexample: outdial can-call --for me"


def run(options: Namespace) -> int:
    """Ask and explain. Return 0 for yes, 1 for no, 3 for depends. Raises `CannotAsk`."""
    agent = None if options.user == "me" else options.user
    if not options.user or any(each in options.user for each in "/?#% \t\n"):
        raise NotUnderstood("invalid --for: expected the id of a user, or me")
    if options.dry_run:
        print("\n".join(f"GET {path}" for path in planned(agent)))
        return 0
    found = ask(reader(options.host), agent)
    path = "" if agent in (None, found.user) else f"/user/{agent}"
    url = f"{checked(options.host)}/api/v2/conversations/calls{path}"
    headers = (("Authorization", "Bearer <TOKEN>"), ("Content-Type", "application/json"))
    request = Request("POST", url, headers, json.dumps({"phoneNumber": options.to}).encode())
    answer = explain(request, None, {**found.facts, "destination": {"placeable": True}})
    print(f"{WORDS[answer.accepted]}. {answer.text()}", end="")
    print("\n".join(found.lines))
    print("Not readable by the API: whether a route leads to the number, and whether the agent's phone answers.")
    return CODES[answer.accepted]
