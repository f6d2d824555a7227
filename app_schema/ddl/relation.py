"""Relations: tables, views, sequences and indexes share one namespace. ``c`` is a row of pg_class."""

from __future__ import annotations

import re

from sqlalchemy import MetaData, Table

from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.sql import qualified

RELKIND = """\
CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
               WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index'
               WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'type' END"""
"""The kind of a relation in words."""

OPTIONS = "'WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) AS o) || ')'"
"""The storage parameters of a relation, NULL without any."""

KIND_OF_NAME = f"""\
SELECT {RELKIND} FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = $1 AND c.relname = {{name}} AND NOT (c.relkind = 'c')"""
"""Query of the kind of the relation that has a name in a schema; ``{name}`` is a string literal."""


FOREIGN = "FOREIGN"
"""Leads the definition of a partition on another server, which no revision writes."""


class Relations(Kind):
    """Tables."""

    reflected_as = ("table",)
    keeps_values = True
    owned_as = "relation"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_class AS c",
            catalog="pg_class",
            oid="c.oid",
            kind="'table'",
            name="c.relname",
            namespace="c.relnamespace",
            owner="c.relowner",
            where="(c.relkind IN ('r', 'p') OR c.relkind = 'f' AND c.relispartition)",
            definition=f"""\
concat_ws(' ', CASE c.relkind WHEN 'f' THEN '{FOREIGN}' END,
  CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END, {OPTIONS},
  CASE c.relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END,
  (SELECT 'INHERITS (' || string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno) || ')'
     FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid AND NOT c.relispartition))""",
        ),
    )


def parents(definition: str) -> list[str]:
    """The tables from which a table inherits, as PostgreSQL prints their names."""
    match = re.search(r"INHERITS \((.*)\)", definition)
    return match[1].split(", ") if match else []


def order_heirs(metadata: MetaData, default_schema: str) -> None:
    """Lets SQLAlchemy create tables after the tables from which they inherit."""
    tables: dict[str, Table] = {}
    for table in metadata.tables.values():
        names = (
            table.name,
            *(qualified(table.name, schema) for schema in (None, table.schema or default_schema)),
        )
        tables.update(dict.fromkeys(names, table))
    for table in metadata.tables.values():
        names = table.dialect_options["postgresql"]["inherits"] or ()
        for name in [names] if isinstance(names, str) else names:
            if str(name) in tables:
                table.add_is_dependent_on(tables[str(name)])
