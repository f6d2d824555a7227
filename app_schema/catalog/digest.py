"""The digest of the objects that act on some tables, by the server: a block compares it under locks."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import replace
from typing import TYPE_CHECKING

from app_schema.catalog.assembled import Assembled
from app_schema.catalog.reading import read
from app_schema.catalog.snapshot_query import snapshot_query
from app_schema.ddl.sql import literal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.ddl import Key

Place = tuple[str | None, str | None]
"""Schema and name of a table."""
_ACTING = ("view", "materialized_view", "function", "rule", "policy", "trigger")
"""Kinds that change results or effects on tables, in any schema of the application."""


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
) AS s WHERE s.kind IN ({kinds}) OR (s.schema, s.tbl) IN (VALUES {names})"""
    return replace(snapshot, text=text)


def digest(connection: Connection, tables: Collection[Place]) -> str:
    """The digest of the present objects."""
    (((value,),),) = read(connection, digest_query(tables))
    return str(value)
