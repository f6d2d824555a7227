"""`app-schema mcp`: the tools, over stdin and stdout as an assistant starts it, and in this process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from app_schema.application import DEFAULT, load
from app_schema.assistant import Assistant
from app_schema.studio.session import SETTINGS

pytestmark = pytest.mark.part(of=4)

READING = {"audit", "connection", "explain", "history", "plan", "query", "schema", "status", "verify"}
COUNT = "SELECT count(*) FROM public.sessions"


async def _call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return f"refused: {content.text}" if result.is_error else json.loads(content.text)


def test_assistant_reads_over_stdin_and_stdout(states: dict[str, str]) -> None:
    async def calls() -> None:
        environment = {**os.environ, "DATABASE_URL": states["full"]}
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "app_schema", "mcp"], env=environment
        )
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == READING
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            status = await _call(client, "status")
            assert (status["exit_code"], status["data"]["pending"]) == (0, [])

    asyncio.run(calls())


@pytest.fixture
def assistant(states: dict[str, str]) -> Assistant:
    return Assistant(load(DEFAULT), states["full"], [])


def test_queries_change_nothing_and_row_security_holds(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = SETTINGS.replace("statement_timeout = '10s'", "statement_timeout = '200ms'")
    monkeypatch.setattr("app_schema.studio.console.SETTINGS", short)

    async def calls() -> None:
        async with Client(assistant.server(write=False)) as client:
            everybody = int((await _call(client, "query", sql=COUNT))["rows"][0][0])
            mine = int((await _call(client, "query", sql=COUNT, person="seed_yui"))["rows"][0][0])
            assert 0 < mine < everybody
            assert (await _call(client, "explain", sql=COUNT, person="seed_yui"))["children"]
            for sql in (
                "DELETE FROM public.sessions",
                "SELECT set_config('role', 'x', false)",
                "SELECT 1; SELECT 2",
            ):
                assert (await _call(client, "query", sql=sql)).startswith("refused: ")
            endless = await _call(client, "query", sql="SELECT count(*) FROM generate_series(1, 1000000000)")
            assert "The query took longer than 10s, the limit of this program" in endless
            assert "Traceback" not in endless
            assert int((await _call(client, "query", sql=COUNT))["rows"][0][0]) == everybody
            columns = (await _call(client, "schema", table="users"))["columns"]
            assert {"name", "type", "nullable", "references", "comment"} == set(columns[0])
            assert "nosuch" in await _call(client, "schema", table="nosuch")
            assert "is no revision" in await _call(client, "plan", revision="--script")

    asyncio.run(calls())


def test_writes_are_offered_by_write_alone_and_lose_nothing(database_url: str) -> None:
    assistant = Assistant(load(DEFAULT), database_url, [])
    with assistant.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO users (clerk_id, email, name) VALUES ('a', 'a@b.org', 'A')"))

    async def calls() -> None:
        async with Client(assistant.server(write=True)) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {
                *READING,
                "upgrade",
                "rollback",
            }
            refused = await _call(client, "rollback", revision="base", dry_run=False)
            assert refused["exit_code"] == 1
            assert "would be lost" in refused["data"]["error"]
            assert (await _call(client, "upgrade"))["data"]["revisions"] == []

    asyncio.run(calls())
