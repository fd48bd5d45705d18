"""The official MCP SDK, unchanged, in both of the protocol's eras."""

import asyncio
import importlib.metadata

import pytest

MAJOR = int(importlib.metadata.version("mcp").split(".")[0])
CALLS = [
    ("search", {"query": "FRAP half time", "limit": 2}, "FRAP"),
    ("ask", {"question": "When is the confocal serviced?"}, "Confocal service visit"),
    ("schedule", {"resource": "confocal"}, "onfocal"),
]


async def tried(client):
    assert {"search", "ask", "schedule"} <= {tool.name for tool in (await client.list_tools()).tools}
    for name, arguments, expected in CALLS:
        result = await client.call_tool(name, arguments)
        assert expected in result.content[0].text
    wrong = await client.call_tool("search", {"limit": "x"})
    assert getattr(wrong, "is_error", None) or getattr(wrong, "isError", None)


@pytest.mark.skipif(MAJOR != 1, reason="SDK 1.x")
def test_sdk_1(server):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def run():
        headers = {"Authorization": f"Bearer {server.token()}"}
        async with streamablehttp_client(f"{server.url}/mcp", headers=headers) as (reader, writer, _):
            async with ClientSession(reader, writer) as session:
                await session.initialize()
                await session.send_ping()
                await tried(session)

    asyncio.run(run())


@pytest.mark.skipif(MAJOR != 2, reason="SDK 2.x")
@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_sdk_2(server, mode):
    import httpx2
    from mcp.client.client import Client
    from mcp.client.streamable_http import streamable_http_client

    async def run():
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {server.token()}"}, timeout=30)
        async with Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client:
            await tried(client)

    asyncio.run(run())
