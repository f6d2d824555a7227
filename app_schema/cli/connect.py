"""`app-schema connect`."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, finish, opened, problem, target
from app_schema.cli.output import counted, facts, machine, number, table

if TYPE_CHECKING:
    from app_schema.overview import Overview, ServerFacts

WIDTH = 100


def connect(
    url: Url = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="List each table, view and enum.")] = False,
    as_json: Json = False,
) -> None:
    """Show the server, the role, the extensions, the revision and the tables, and what must be corrected.

    The last line is the URL for other programs.
    Exit code 0: all correct; 1: something must be corrected; 2: the server cannot be reached.
    """
    from app_schema.overview import overview, url_line

    database = target(url)
    with opened(database) as connection:
        seen = overview(connection, database, application())
    if as_json:
        machine(seen)
    else:
        if every:
            _objects(seen)
        facts({**_facts(seen), **_folded(seen), "connect": url_line(database)})
    for sentence in seen.problems:
        problem(sentence)
    finish(well=not seen.problems)


def _facts(seen: Overview) -> dict[str, str]:
    server = seen.server
    stamped, newest = ", ".join(sorted(seen.here or ())) or "none", ", ".join(sorted(seen.heads))
    way = ["pooled" if server.pooled else "direct", "TLS" if server.tls else "no TLS"]
    extensions = [
        f"{extension.name} {extension.found or '(not created yet)'}" for extension in seen.extensions
    ]
    return {
        "server": f"PostgreSQL {server.version} at {server.place} ({server.origin})",
        "database": f"{server.database}, {server.encoding}",
        "role": f"{server.role} ({', '.join(_powers(server))})",
        "way": f"{', '.join(way)}, {server.round_trip:.2f} ms a round trip",
        "extensions": ", ".join(extensions),
        "revision": f"{stamped} (the newest{'' if seen.here == seen.heads else f' is {newest}'})",
    }


def _folded(seen: Overview) -> dict[str, str]:
    """The objects by count: a list of thirty tables moves the line to paste out of the window."""
    if not seen.tables:
        return {}
    schemas = Counter(table.schema for table in seen.tables)
    where = ", ".join(f"{count} in {schema}" for schema, count in sorted(schemas.items()))
    rows = sum(table.rows or 0 for table in seen.tables)
    about = "about " if any(table.estimated or table.rows is None for table in seen.tables) else ""
    kinds = {"view": seen.views, "enum": seen.enums}
    others = [counted(len(names), kind) for kind, names in kinds.items() if names]
    return {"tables": ", ".join([where, *others, f"{about}{counted(rows, 'row')}"])}


def _powers(server: ServerFacts) -> list[str]:
    powers = ["owner of the database" if server.owner else f"the database belongs to {server.owned_by}"]
    powers += ["superuser"] if server.superuser else []
    powers += ["bypasses row security"] if server.bypass_rls else []
    return powers + (["may create databases"] if server.create_databases else [])


def _objects(seen: Overview) -> None:
    rows = [
        (relation.schema, relation.name, ("about " if relation.estimated else "") + number(relation.rows))
        for relation in seen.tables
    ]
    if rows:
        table(("schema", "table", ">rows"), rows)
    for kind, names in (("view", seen.views), ("enum", seen.enums)):
        if names:
            listed = f"{counted(len(names), kind)}: {', '.join(names)}"
            print("\n" + textwrap.fill(listed, WIDTH, subsequent_indent="  "))
    print()
