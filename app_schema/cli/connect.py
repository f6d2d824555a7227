"""`app-schema connect`."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, finish, opened, problem, target
from app_schema.cli.output import facts, machine, table
from app_schema.count import counted, number

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
        contents = overview(connection, database, application())
    if as_json:
        machine(contents)
    else:
        if every:
            _objects(contents)
        facts({**_facts(contents), **_folded(contents), "connect": url_line(database)})
    for sentence in contents.problems:
        problem(sentence)
    finish(well=not contents.problems)


def _facts(contents: Overview) -> dict[str, str]:
    server = contents.server
    stamped, newest = ", ".join(sorted(contents.here or ())) or "none", ", ".join(sorted(contents.heads))
    transport = ["pooled" if server.pooled else "direct", "TLS" if server.tls else "no TLS"]
    extensions = [
        f"{extension.name} {extension.found or '(not created yet)'}" for extension in contents.extensions
    ]
    return {
        "server": f"PostgreSQL {server.version} at {server.place} ({server.origin})",
        "database": f"{server.database}, {server.encoding}",
        "role": f"{server.role} ({', '.join(_powers(server))})",
        "way": f"{', '.join(transport)}, {server.round_trip:.2f} ms a round trip",
        "extensions": ", ".join(extensions),
        "revision": f"{stamped} (the newest{'' if contents.here == contents.heads else f' is {newest}'})",
    }


def _folded(contents: Overview) -> dict[str, str]:
    """The objects by count: a list of thirty tables moves the line to paste out of the window."""
    if not contents.tables:
        return {}
    schemas = Counter(table.schema for table in contents.tables)
    where = ", ".join(f"{count} in {schema}" for schema, count in sorted(schemas.items()))
    rows = sum(table.rows or 0 for table in contents.tables)
    about = "about " if any(table.estimated or table.rows is None for table in contents.tables) else ""
    kinds = {"view": contents.views, "enum": contents.enums}
    others = [counted(len(names), kind) for kind, names in kinds.items() if names]
    return {"tables": ", ".join([where, *others, f"{about}{counted(rows, 'row')}"])}


def _powers(server: ServerFacts) -> list[str]:
    powers = ["owner of the database" if server.owner else f"the database belongs to {server.owned_by}"]
    powers += ["superuser"] if server.superuser else []
    powers += ["bypasses row security"] if server.bypass_rls else []
    return powers + (["may create databases"] if server.create_databases else [])


def _objects(contents: Overview) -> None:
    rows = [
        (relation.schema, relation.name, ("about " if relation.estimated else "") + number(relation.rows))
        for relation in contents.tables
    ]
    if rows:
        table(("schema", "table", ">rows"), rows)
    for kind, names in (("view", contents.views), ("enum", contents.enums)):
        if names:
            listed = f"{counted(len(names), kind)}: {', '.join(names)}"
            print("\n" + textwrap.fill(listed, WIDTH, subsequent_indent="  "))
    print()
