"""Tables in the catalog: sizes, columns, constraints, indexes and their use, triggers, policies."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema.ddl import Policy, TableConstraint, TableIndex, Trigger
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.column import NOT_NULL, Columns
from app_schema.ddl.policy import ROLES
from app_schema.ddl.sql import qualified

_TABLES = sa.text("""\
SELECT n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows,
       pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes,
       c.relrowsecurity AS row_security, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE format('%I.%I', n.nspname, c.relname) = ANY (:names) AND c.relkind IN ('r', 'p')
 ORDER BY n.nspname, c.relname""")


def _part(kind: type[Kind], columns: str, order: str = "1", *conditions: str) -> str:
    """Query of the objects of a kind that belong to the table ``:name``."""
    (query,) = kind.catalog
    return f"{query.select(columns, f'{query.relation} = to_regclass(:name)', *conditions)} ORDER BY {order}"


def _defined(kind: type[Kind], *columns: str, listed: str = "true") -> str:
    (query,) = kind.catalog
    named = f"{query.name} AS name, {query.definition} AS definition"
    return _part(kind, ", ".join((named, *columns)), "1", listed)


_POLICY = Policy.catalog[0].parts
_PARTS = {
    "columns": _part(
        Columns,
        f"""\
a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, ltrim({NOT_NULL}) AS "null",
       coalesce((SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef AS d
                  WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum), '') AS "default\"""",
        "a.attnum",
    ),
    "constraints": _defined(TableConstraint, listed=TableConstraint.catalog[0].listed),
    "indexes": _defined(
        TableIndex,
        "pg_size_pretty(pg_relation_size(c.oid)) AS size",
        "(SELECT s.idx_scan FROM pg_catalog.pg_stat_user_indexes AS s WHERE s.indexrelid = c.oid) AS scans",
    ),
    "triggers": _defined(Trigger),
    "policies": _part(
        Policy,
        f"""\
p.polname AS name, {_POLICY["for_"]} AS command, {ROLES} AS roles,
       coalesce({_POLICY["using"]}, '') AS "using", coalesce({_POLICY["with_check"]}, '') AS "with check\"""",
    ),
}


def overview(session: Session, tables: list[sa.Table]) -> list[dict[str, Any]]:
    """Name, rows (the planner's estimate), bytes and comment of the existing tables."""
    rows = session.execute(_TABLES, {"names": [qualified(table.name, table.schema) for table in tables]})
    return [dict(row) for row in rows.mappings()]


def parts(session: Session, table: sa.Table) -> dict[str, list[dict[str, Any]]]:
    """Columns, constraints, indexes, triggers and policies of a table, a row each."""
    return {
        part: [
            dict(row)
            for row in session.execute(
                sa.text(query), {"name": qualified(table.name, table.schema)}
            ).mappings()
        ]
        for part, query in _PARTS.items()
    }
