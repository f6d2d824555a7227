"""What the catalog says of tables: sizes, columns, constraints, indexes and their use, triggers, policies."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema.ddl.column import NOT_NULL
from app_schema.ddl.policy import ROLES, Policy
from app_schema.ddl.sql import qualified

_TABLES = sa.text("""\
SELECT n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows,
       pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes,
       c.relrowsecurity AS row_security, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE format('%I.%I', n.nspname, c.relname) = ANY (:names) AND c.relkind IN ('r', 'p')
 ORDER BY n.nspname, c.relname""")

(_POLICIES,) = Policy.catalog
_PARTS = {
    "columns": f"""\
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       ltrim({NOT_NULL}) AS "null",
       coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS "default"
  FROM pg_catalog.pg_attribute AS a
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = to_regclass(:name) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""",
    "constraints": """\
SELECT conname AS name, pg_get_constraintdef(oid) AS definition,
       CASE WHEN convalidated THEN '' ELSE 'not validated' END AS state
  FROM pg_catalog.pg_constraint
 WHERE conrelid = to_regclass(:name) AND contype <> 'n' ORDER BY contype, conname""",
    "indexes": """\
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition,
       pg_size_pretty(pg_relation_size(i.indexrelid)) AS size, s.idx_scan AS scans,
       CASE WHEN i.indisvalid THEN '' ELSE 'INVALID' END AS state
  FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  LEFT JOIN pg_catalog.pg_stat_user_indexes AS s ON s.indexrelid = i.indexrelid
 WHERE i.indrelid = to_regclass(:name) ORDER BY c.relname""",
    "triggers": """\
SELECT tgname AS name, pg_get_triggerdef(oid) AS definition,
       CASE tgenabled WHEN 'D' THEN 'disabled' ELSE '' END AS state
  FROM pg_catalog.pg_trigger WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal ORDER BY tgname""",
    "policies": _POLICIES.select(
        f"""\
{_POLICIES.name} AS name, {_POLICIES.parts["for_"]} AS command, {ROLES} AS roles,
       coalesce({_POLICIES.parts["using"]}, '') AS "using",
       coalesce({_POLICIES.parts["with_check"]}, '') AS "with check\"""",
        f"{_POLICIES.relation} = to_regclass(:name)",
    )
    + f" ORDER BY {_POLICIES.name}",
}


def overview(session: Session, tables: list[sa.Table]) -> list[dict[str, Any]]:
    """Name, rows (the planner's estimate), bytes and comment of the tables that are there."""
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
