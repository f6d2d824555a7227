"""Locks on tables, under which the objects that act on the tables are compared with a digest.

The server computes the digest, so one statement locks and compares.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app_schema import pinned
from app_schema.catalog.assembled import Assembled
from app_schema.catalog.reading import read
from app_schema.catalog.snapshot_query import snapshot_query
from app_schema.ddl.block import block, refuse
from app_schema.ddl.sql import literal, qualified
from app_schema.migrations.once import CANNOT_TELL, TABLE, recorded

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.ddl import Key

Place = tuple[str | None, str | None]
"""Schema and name of a table."""
_ACTING = ("view", "materialized_view", "function", "rule", "policy", "trigger")
"""Kinds that change results or effects on tables, in any schema of the application."""
_CHANGED = "An object of the database was created, changed or dropped after the revision was written."
_PATH = {"search_path": "", "jit": "off"}


def acts(key: Key, tables: Container[Place]) -> bool:
    """True for a part of one of the tables, and for an object that may change what they do."""
    return key.kind in _ACTING or (key.schema, key.table) in tables


def digest_query(tables: Collection[Place]) -> Assembled:
    """Query of one text: the digest of the objects that act on these tables, and of all enums.

    To be run with an empty search_path. A sum needs no order of the rows.
    """
    names = ", ".join(
        f"({literal(schema or 'public')}, {literal(name or '')})" for schema, name in sorted(tables, key=str)
    )
    kinds = ", ".join(map(literal, (*_ACTING, "enum")))
    snapshot = snapshot_query()
    text = f"""\
SELECT sum(hashtextextended(s::text, 0))::text FROM (
{snapshot.text}
) AS s WHERE (s.kind IN ({kinds}) AND s.tbl IS DISTINCT FROM {literal(TABLE)})
      OR (s.schema, s.tbl) IN (VALUES {names})"""
    return replace(snapshot, text=text)


def digest(connection: Connection, tables: Collection[Place]) -> str:
    """The digest of the present objects."""
    (((value,),),) = read(connection, digest_query(tables))
    return str(value)


def lock_unchanged(
    key: str, tables: Sequence[tuple[str, str]], digest: str, schema: str | None = "public"
) -> str:
    """Locks the existing tables in this order, refuses another digest, and records the key.

    The digest is read after the locks: until then another session may commit DDL.

    :param tables: schema and name of each.
    :param schema: that of the version table.
    """
    names = ", ".join(literal(qualified(name, place)) for place, name in tables)
    query = digest_query(tables)
    lock = block(
        [
            "DECLARE",
            "  path CONSTANT text := current_setting('search_path');",
            "  present CONSTANT text := (SELECT string_agg(t.name, ', ' ORDER BY t.n)",
            f"    FROM unnest(ARRAY[{names}]) WITH ORDINALITY AS t(name, n)",
            "    JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name) AND c.relkind IN ('r', 'p'));",
            "  needed text[];",
            "  found text;",
            "BEGIN",
            "  IF present IS NOT NULL THEN",
            "    EXECUTE 'LOCK TABLE ' || present || ' IN ACCESS EXCLUSIVE MODE';",
            "  END IF;",
            f"  PERFORM {pinned.calls(_PATH, local=True)};",
            f"  needed := ({query.needed});",
            f"  EXECUTE {query.composed} INTO found;",
            "  PERFORM set_config('search_path', path, true);",
            f"  IF found IS DISTINCT FROM {literal(digest)} THEN",
            refuse(_CHANGED, state=CANNOT_TELL),
            "  END IF;",
            "END",
        ]
    )
    other = f"{key!r} is recorded with another digest"
    hint = "continue with the revision that began"
    return recorded(key, lock, literal(digest), other, hint, schema)
