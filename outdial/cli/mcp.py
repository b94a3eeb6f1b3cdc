"""`outdial mcp`: explain refusals over the Model Context Protocol (stdio); nothing is sent or minted."""

from argparse import ArgumentParser, Namespace
from typing import Any, ClassVar

from outdial.definitions import catalogue
from outdial.explain import explain as explained

APIS = ("genesys-cloud", "nice-cxone")
MOST = 20


class NotInstalled(Exception):
    """Raised when the package `mcp` is missing."""

    exit_code: ClassVar[int] = 2


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command: there is none."""
    parser.epilog = 'example: outdial mcp (in a client\'s settings: {"command": "outdial", "args": ["mcp"]})'


def run(_: Namespace) -> int:
    """Serve on standard input and output until the client leaves. Raises `NotInstalled`."""
    try:
        from mcp.server import MCPServer
    except ImportError:
        raise NotInstalled("the package mcp is missing: pip install 'outdial[mcp]'") from None
    server = MCPServer("outdial", instructions="Ask why a call is refused; answers name sources.")
    for tool in (explain, can_call, published):
        server.tool()(tool)
    server.run("stdio")
    return 0


def explain(request: str = "", response: str = "", facts: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """Explain a refused request of Genesys Cloud or NICE CXone from its text (cURL, HTTP), its answer, or both.

    `facts` by kind, such as {"token": {"grant": "client_credentials"}}. An assumed rule is marked as such.
    """
    return explained(request or None, response or None, facts).as_json()


def can_call(facts: dict[str, dict[str, Any]], agent: str = "") -> dict[str, Any]:
    """Tell whether a caller with these facts may place a call on Genesys Cloud, for itself or for an agent."""
    path = f"/api/v2/conversations/calls/user/{agent}" if agent else "/api/v2/conversations/calls"
    request = f"request: POST https://api.mypurecloud.com{path}\nheaders: {{Authorization: Bearer <TOKEN>}}\n"
    return explained(f'{request}body: {{phoneNumber: "+13175550142"}}\n', None, facts).as_json()


def published(name: str) -> dict[str, Any]:
    """Say what the vendors list for an operation, a path, a scope, a permission or a code; an empty list means none."""
    found = []
    for api in APIS:
        listed = catalogue(api)
        for each in listed.operations if listed else ():
            codes = [code for group in each.codes.values() for code in group]
            if name in (each.name, each.path, each.request, *each.scopes, *each.permissions.names, *codes):
                grants = each.permissions
                asks = {"permissions": grants.names, "any": bool(grants.any_of), "scopes": each.scopes}
                found.append({"api": api, "operation": each.name, "request": each.request, **asks})
    texts = {api: listed.text(name) for api in APIS if (listed := catalogue(api)) and listed.text(name)}
    return {"name": name, "count": len(found), "operations": found[:MOST], "texts": texts}
