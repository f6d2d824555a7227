"""`python -m app_schema.overview`: what is there, and which URL to use next."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from app_schema import database, url
from app_schema.errors import AppSchemaError
from app_schema.migrations import config

WIDTH = 100

_SERVER = """
SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database(), current_user
"""
_OBJECTS = """
SELECT kind, schema, name
FROM (
  SELECT CASE c.relkind WHEN 'v' THEN 'views' ELSE 'tables' END, n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v') AND c.relname !~ '^alembic_'
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
  UNION ALL
  SELECT 'enums', n.nspname, t.typname
  FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype = 'e'
) AS found (kind, schema, name)
WHERE schema <> 'information_schema' AND schema !~ '^pg_'
ORDER BY schema, pg_catalog.array_position(ARRAY['tables', 'views', 'enums'], kind), name
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the configured database: 0 = at the newest revision, 1 = not there, 2 = could not tell."""
    parser = argparse.ArgumentParser(
        prog="python -m app_schema.overview", description="What is in the database."
    )
    parser.parse_args(arguments)
    try:
        target = database.target(direct=True)
        with database.connect(database.engine(target.url, direct=True)) as connection:
            current, heads = revisions(connection)
            lines = [*describe(connection, target, current, heads), *next_step(target)]
    except (AppSchemaError, CommandError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except DBAPIError as error:
        sys.stderr.write(f"{database.describe_failure(error)}\n")
        return 2
    print("\n".join(lines))
    return 0 if current == heads else 1


def revisions(connection: sa.Connection) -> tuple[set[str], set[str]]:
    """The revisions that the database is at, and those it could be at."""
    heads = set(ScriptDirectory.from_config(config()).get_heads())
    if not connection.scalar(sa.text("SELECT pg_catalog.to_regclass('public.alembic_version') IS NOT NULL")):
        return set(), heads
    return set(connection.scalars(sa.text("SELECT version_num FROM public.alembic_version"))), heads


def describe(
    connection: sa.Connection, target: database.Target, current: set[str], heads: set[str]
) -> Iterator[str]:
    """The lines of the overview."""
    version, name, role = connection.execute(sa.text(_SERVER)).one()
    host = target.url.host or target.url.query.get("host", "the default socket")
    yield f"server    PostgreSQL {version} at {host} ({target.origin})"
    yield f"database  {name}, as {role}"
    here, newest = ", ".join(sorted(current)) or "none", ", ".join(sorted(heads)) or "none"
    state = "the newest" if current == heads else f"the newest is {newest}; run alembic upgrade head"
    yield f"revision  {here} ({state})"
    schemas: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, schema, found in connection.execute(sa.text(_OBJECTS)):
        schemas[schema][kind].append(found)
    for schema, kinds in schemas.items():
        yield f"schema {schema}"
        for kind, names in kinds.items():
            listed = f"{len(names)} {kind}: {', '.join(names)}"
            yield textwrap.fill(listed, WIDTH, initial_indent="  ", subsequent_indent="    ")


def next_step(target: database.Target) -> Iterator[str]:
    """What to export so that other programs find the database; the embedded server has no secret to hide."""
    if target.origin == database.EMBEDDED:
        yield f"connect   export DATABASE_URL='{url.show(target.url)}'"
    else:
        yield f"connect   {url.show(target.url)} ({target.origin} is set)"


if __name__ == "__main__":
    sys.exit(main())
