"""The commands that print JSON, as tools of an MCP server, for an assistant.

A tool runs its command in a process of its own, with the same login: it may do what the command may, and
stdout of the server stays the protocol's. Without ``write`` no tool changes the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import psycopg
import sqlalchemy as sa
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app_schema import database
from app_schema.application import Application
from app_schema.ddl.sql import DIALECT
from app_schema.errors import AppSchemaError
from app_schema.studio import console
from app_schema.studio.grid import Grid
from app_schema.studio.plan import PlanStep
from app_schema.studio.session import reason

Answer: TypeAlias = dict[str, Any]

_INSTRUCTIONS = """\
The schema of a PostgreSQL database: what is declared, what the database has, what an upgrade would do. The
answer of a command has its exit code (0 as it should be, 1 a difference was found or refused, 2 could not
tell), what it printed for machines, and what it said to people. No tool loses rows: a person runs such a
command, with its token, in a terminal."""
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


class Assistant:
    """The tools on one database. Each docstring is what the assistant reads of the tool."""

    def __init__(self, app: Application, url: str | None, arguments: Sequence[str]) -> None:
        """
        :param url: the database, instead of that of the settings.
        :param arguments: those of the program, before the command.
        """
        self.app = app
        self.engine = database.engine(database.target(url).url, poolclass=NullPool)
        self._program = [sys.executable, "-m", "app_schema", *arguments]
        self._environment = dict(os.environ)
        if url is not None:  # not as an argument, which every process of the machine can read
            self._environment["DATABASE_URL"] = url
            self._environment.pop("DIRECT_DATABASE_URL", None)  # it belongs to the setting

    def server(self, *, write: bool) -> MCPServer:
        """The server with its tools; those that change the database only with `write`."""
        server = MCPServer("app_schema", instructions=_INSTRUCTIONS)
        reading = (self.status, self.history, self.plan, self.verify, self.audit, self.connection)
        for tool in (self.schema, *reading, self.query, self.explain):
            server.tool(annotations=_READS)(tool)
        for tool in (self.upgrade, self.rollback) if write else ():
            server.tool(annotations=_WRITES)(tool)
        return server

    async def _run(self, *command: str) -> Answer:
        process = await asyncio.create_subprocess_exec(
            *self._program,
            *command,
            "--json",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            raise
        data = json.loads(out) if out.strip() else None
        return {"exit_code": process.returncode, "data": data, "said": err.decode().strip()}

    async def schema(self, table: str | None = None) -> Answer:
        """The declared tables with their comments; of one table, by its name or schema.name, the columns and
        constraints."""
        tables = {declared.fullname: declared for declared in self.app.metadata.sorted_tables}
        if table is None:
            return {name: declared.comment for name, declared in tables.items()}
        named = [declared for declared in tables.values() if table in {declared.fullname, declared.name}]
        if len(named) != 1:
            raise ToolError(f"{len(named)} declared tables are called {table!r}: call schema() first.")
        return _described(named[0])

    async def status(self) -> Answer:
        """The revision of the database, and the operations, locks and losses of each pending revision."""
        return await self._run("status")

    async def history(self) -> Answer:
        """Every revision, the newest first, and whether the database has applied it."""
        return await self._run("history")

    async def plan(self, revision: str = "head") -> Answer:
        """The SQL that an upgrade to a revision would run now, with its locks and the sizes of the tables."""
        return await self._run("plan", _revision(revision))

    async def verify(self) -> Answer:
        """The whole database compared with the models: what is equal, different, absent and undeclared."""
        return await self._run("verify")

    async def audit(self) -> Answer:
        """Excess privileges, future failures and useless cost, each with the SQL that resolves it."""
        return await self._run("audit")

    async def connection(self) -> Answer:
        """The server, the role, the extensions, the revision and the tables, and what must be corrected."""
        return await self._run("connect", "--all")

    async def query(self, sql: str, person: str | None = None) -> Answer:
        """The rows of one query that changes nothing; of a person, those that row security shows."""
        return asdict(await self._run_query(sql, person))

    async def explain(self, sql: str, person: str | None = None, *, analyze: bool = False) -> Answer:
        """The plan of one query, under row security where a person is named; analyze runs and measures it."""
        return asdict(await self._run_query(sql, person, analyze=analyze))

    async def _run_query(
        self, sql: str, person: str | None, *, analyze: bool | None = None
    ) -> Grid | PlanStep:
        arguments = (self.engine, sql, person, self.app.acting)
        try:
            if analyze is None:
                return await asyncio.to_thread(console.query, *arguments)
            return await asyncio.to_thread(console.plan, *arguments, analyze=analyze)
        except AppSchemaError as error:  # the SDK hides the words of another error
            raise ToolError(str(error)) from error
        except (DBAPIError, psycopg.Error) as error:  # the text itself is sent by psycopg
            raise ToolError(reason(error)) from error

    async def upgrade(self, revision: str = "head") -> Answer:
        """Apply the pending revisions; refused where rows or values would be lost."""
        return await self._run("upgrade", _revision(revision))

    async def rollback(self, revision: str = "-1", *, dry_run: bool = True) -> Answer:
        """Undo revisions, by default only shown; refused where rows, values or protection would be lost."""
        return await self._run("rollback", _revision(revision), *(["--dry-run"] if dry_run else []))


def _revision(name: str) -> str:
    """The name; never an option of the command.

    :raises ToolError: for a text that begins with a dash and is no number of steps.
    """
    if name.startswith("-") and not name[1:].isdigit():
        raise ToolError(f"{name!r} is no revision.")
    return name


def _described(table: sa.Table) -> Answer:
    columns = [
        {
            "name": column.name,
            "type": str(column.type.compile(dialect=DIALECT)),
            "nullable": column.nullable,
            "references": sorted(key.target_fullname for key in column.foreign_keys),
            "comment": column.comment,
        }
        for column in table.columns
    ]
    keys = [column.name for column in table.primary_key.columns]
    return {"table": table.fullname, "comment": table.comment, "columns": columns, "primary_key": keys}
