"""The commands of adoption in this process, and what a database holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from typer.testing import CliRunner

from app_schema import database, embedded
from app_schema.cli import app
from app_schema.migrations.drift import drift
from app_schema.mued.application import APPLICATION

Shapes = Callable[[str], str]
"""The name of a database of a shape with sound rows."""
WriteRevision = Callable[[str], object]
"""Puts adopt.toml and the revision of a shape into the working directory."""
USER_OF_DEVICE = """
[[set]]
table = "public.chat_sessions"
column = "user_id"
value = "(SELECT u.id FROM public.users AS u WHERE u.clerk_id = 'clerk_' || substr(device_id, 8))"
"""
"""Of the rows of these tests: device_7 is that of clerk_7."""
ROLE = """
[[set]]
table = "public.users"
column = "role"
value = "'mentor'"
where = "role = 'teacher'"
"""


def run(url: str, *arguments: str, code: int = 0) -> str:
    """The output of a command."""
    result = CliRunner().invoke(app, [*arguments, "--url", url], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def look(url: str, code: int) -> dict[str, Any]:
    """The page as data."""
    return dict(json.loads(run(url, "adopt", "--json", code=code)))


def choose(url: str) -> int:
    """Takes for each broken rule the first choice that asks nothing, until no rule is broken."""
    for attempt in range(1, 6):
        broken = json.loads(CliRunner().invoke(app, ["adopt", "--json", "--url", url]).stdout)["broken"]
        if not broken:
            return attempt
        with Path("adopt.toml").open("a", encoding="utf-8") as file:
            file.writelines(
                next(choice["toml"] for choice in other["choices"] if "..." not in choice["toml"]) + "\n"
                for other in broken
            )
    raise AssertionError(broken)


def begin(url: str) -> None:
    """The choices that sound rows need."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT FROM information_schema.columns WHERE table_name = 'chat_sessions'"
            " AND column_name = 'device_id'"
        ).fetchone()
    Path("adopt.toml").write_text(USER_OF_DEVICE if found is not None else "")


def adopt(url: str) -> None:
    """Writes and runs the revision after all choices."""
    assert re.fullmatch(r"adoption/\w+\.py\n", run(url, "adopt", "--write"))
    told = json.loads(run(url, "upgrade", "--json"))
    assert (told["before"], told["revisions"]) == ([], told["after"])


def undo(url: str) -> None:
    """The way back, with the token of what is lost."""
    token = json.loads(run(url, "adopt", "--undo", "--json", code=1))["token"]
    run(url, "adopt", "--undo", "--confirm", token)


def conforms(url: str) -> None:
    """`verify` finds nothing."""
    with database.engine(url, poolclass=sa.NullPool).connect() as connection:
        found = drift(connection, APPLICATION)
    assert found.objects == []


def dump(url: str) -> list[str]:
    """The schema as pg_dump writes it, without what differs from run to run."""
    program = embedded.program("pg_dump")
    assert program is not None
    command = [str(program), "--schema-only", "--exclude-table=public.alembic_version", f"--dbname={url}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
    return sorted(line for line in said.splitlines() if not re.match(r"\\(un)?restrict ", line))


def rows(url: str, *, of: dict[str, Any] | None = None) -> dict[str, Any]:
    """A checksum of each column, equal for one moment in two types; `of` leaves out others."""
    found: dict[str, Any] = {}
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        columns = connection.execute(
            "SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_type = 'BASE TABLE' AND table_schema IN ('public', 'muednote_v3', 'drizzle')"
            " AND table_name NOT LIKE 'alembic%'"
        ).fetchall()
        for table, column, type_ in columns:
            if of is not None and f"{table}.{column}" not in of:
                continue
            value = f'"{column}"'
            if type_.startswith("timestamp"):
                value = f"extract(epoch FROM {value})"
            elif type_ == "numeric":
                value = f"trim_scale({value})"
            elif type_ == "date":
                value = f"extract(epoch FROM {value}::timestamp)"
            query = f"SELECT count(*), sum(hashtextextended(({value})::text, 0)) FROM {table}"
            found[f"{table}.{column}"] = connection.execute(query.encode()).fetchone()
    return found


def oids(url: str) -> dict[str, tuple[int, int]]:
    """OID and file of each table in public."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT 'public.' || relname, oid::int, relfilenode::int FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    return {name: (oid, file) for name, oid, file in tables}


def enums(url: str) -> dict[str, int]:
    """Name -> OID of each enum in public."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT typname, oid::int FROM pg_type"
            " WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace"
        ).fetchall()
    return dict(found)
