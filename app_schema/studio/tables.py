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
from app_schema.studio.paging import bounded, judged

_RELATIONS = sa.text("""\
SELECT format('%I.%I', n.nspname, c.relname) AS qualified, n.nspname AS schema, c.relname AS name,
       c.relkind::text AS kind,
       c.relkind IN ('r', 'p', 'm') AND (c.relispopulated OR c.relkind = 'p')
         AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS counted,
       (CASE c.relkind WHEN 'p' THEN (SELECT sum(pg_table_size(t.relid)) FROM pg_partition_tree(c.oid) AS t)
                       ELSE pg_table_size(c.oid) END)::bigint AS table_bytes,
       (CASE c.relkind WHEN 'p' THEN (SELECT sum(pg_indexes_size(t.relid)) FROM pg_partition_tree(c.oid) AS t)
                       ELSE pg_indexes_size(c.oid) END)::bigint AS index_bytes,
       c.relrowsecurity AS row_security, c.reltuples AS analysed
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY n.nspname, c.relname""")
KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}


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


def relations(session: Session, *, whole: bool = True) -> list[dict[str, Any]]:
    """The tables and views of the database with their kind, rows and bytes; those of extensions are left out.

    Rows are a :class:`Total`; None for a view, and for a table that the role may not read.

    :param whole: False: row security hides rows, so that the statistics of ANALYZE say nothing.
    """
    rows = [dict(row) for row in session.execute(_RELATIONS).mappings()]
    counted = [row for row in rows if row["counted"]]
    counts: list[int] = []
    if counted:
        each = ", ".join(f"(SELECT count(*) FROM ({bounded(row['qualified'])}) AS t)" for row in counted)
        result = session.connection().exec_driver_sql(
            f"SELECT ARRAY[{each}]", execution_options={"no_parameters": True}
        )
        counts = result.scalar_one()
    totals = {
        row["qualified"]: judged(count, row["analysed"] if whole else None)
        for row, count in zip(counted, counts, strict=True)
    }
    for row in rows:
        row |= {"kind": KINDS[row["kind"]], "rows": totals.get(row["qualified"])}
    return rows


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
