"""`outdial mcp` answers the protocol's own client with what the command says."""

import asyncio
import sys
from typing import Any

import pytest

from tests.conftest import ROOT

mcp = pytest.importorskip("mcp")


def ask(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Start the server, list its tools, call some; return the names of the tools and the structured answers."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def session() -> list[Any]:
        parameters = StdioServerParameters(command=sys.executable, args=["-m", "outdial", "mcp"], cwd=str(ROOT))
        async with stdio_client(parameters) as (reading, writing), ClientSession(reading, writing) as client:
            await client.initialize()
            tools = [each.name for each in (await client.list_tools()).tools]
            return [tools, *[(await client.call_tool(name, arguments)).structured_content for name, arguments in calls]]

    return asyncio.run(session())


def test_an_agent_asks_and_gets_what_the_command_says() -> None:
    """Three tools: explain, can_call, published; a name that nobody publishes is listed nowhere."""
    tools, explained, may, none, one = ask(
        ("explain", {"response": '{"code": "not.a.user"}'}),
        ("can_call", {"facts": {"token": {"grant": "client_credentials"}}}),
        ("published", {"name": "call:outbound:initiate"}),
        ("published", {"name": "conversation:call:add"}),
    )
    assert tools == ["explain", "can_call", "published"]
    assert "no user" in str(explained)
    assert may["accepted"] is False
    assert (none["count"], none["operations"]) == (0, [])
    assert [each["operation"] for each in one["operations"]] == ["postConversationsCallsUserUserId"]
