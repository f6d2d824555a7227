"""What PostgreSQL will not let be changed under: views, policies, triggers and generated columns that read
a thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection

_QUERY = text("""\
WITH RECURSIVE wanted AS (
  SELECT * FROM json_to_recordset(CAST(:keys AS json)) AS j(kind text, schema text, tbl text, name text)
), target(classid, objid, objsubid) AS (
  SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, coalesce(a.attnum, 0)::int FROM wanted AS w
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = coalesce(w.tbl, w.name)
    LEFT JOIN pg_catalog.pg_attribute AS a ON w.kind = 'column' AND a.attrelid = c.oid AND a.attname = w.name
   WHERE w.kind IN ('column', 'view', 'materialized_view')
  UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int FROM wanted AS w
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
      JOIN pg_catalog.pg_type AS y ON y.typnamespace = n.oid AND y.typname = w.name
    JOIN pg_catalog.pg_attribute AS a ON a.atttypid IN (y.oid, y.typarray) AND NOT a.attisdropped
      WHERE w.kind = 'enum'
  UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass::oid, y.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
      JOIN pg_catalog.pg_type AS y ON y.typnamespace = n.oid AND y.typname = w.name WHERE w.kind = 'enum'
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::regclass::oid, p.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
      AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = w.name WHERE w.kind = 'function'
), dependent(classid, objid) AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d
    JOIN target AS t ON d.refclassid = t.classid AND d.refobjid = t.objid
     AND (t.objsubid = 0 OR d.refobjsubid = t.objsubid) WHERE d.deptype IN ('n', 'a')
  UNION
  SELECT e.classid, e.objid FROM dependent AS o
    JOIN pg_catalog.pg_rewrite AS r ON o.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = o.objid
    JOIN pg_catalog.pg_depend AS e ON e.refclassid = 'pg_catalog.pg_class'::regclass
      AND e.refobjid = r.ev_class AND e.deptype IN ('n', 'a')
), found AS (
  SELECT CASE c.relkind WHEN 'm' THEN 'materialized_view'
    ELSE 'view' END AS kind, c.relnamespace AS space, NULL AS tbl, c.relname AS name, c.oid AS made
    FROM dependent AS o JOIN pg_catalog.pg_rewrite AS r ON o.classid = 'pg_catalog.pg_rewrite'::regclass
      AND r.oid = o.objid
    JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
  UNION SELECT 'policy', c.relnamespace, c.relname, p.polname, p.oid FROM dependent AS o
    JOIN pg_catalog.pg_policy AS p ON o.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = o.objid
      JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
  UNION SELECT 'trigger', c.relnamespace, c.relname, t.tgname, t.oid FROM dependent AS o
    JOIN pg_catalog.pg_trigger AS t ON o.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = o.objid
      AND NOT t.tgisinternal JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
  UNION SELECT 'generated', c.relnamespace, c.relname, a.attname, d.oid FROM dependent AS o
    JOIN pg_catalog.pg_attrdef AS d ON o.classid = 'pg_catalog.pg_attrdef'::regclass AND d.oid = o.objid
      JOIN pg_catalog.pg_class AS c ON c.oid = d.adrelid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      AND a.attgenerated <> ''
  UNION SELECT 'constraint', c.relnamespace, c.relname, k.conname, k.oid FROM dependent AS o
    JOIN pg_catalog.pg_constraint AS k ON o.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = o.objid
      AND k.contype = 'c' JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
  UNION SELECT 'index', c.relnamespace, t.relname, c.relname, c.oid FROM dependent AS o
    JOIN pg_catalog.pg_index AS i ON o.classid = 'pg_catalog.pg_class'::regclass AND i.indexrelid = o.objid
      AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
)
SELECT f.kind, n.nspname, f.tbl, f.name FROM found AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.space
  ORDER BY f.made
""")


def dependents(connection: Connection, keys: Iterable[Key]) -> list[Key]:
    """The objects that read these columns, functions, views or enums, directly or through a view, oldest
    first."""
    import json

    wanted = [{"kind": key.kind, "schema": key.schema, "tbl": key.table, "name": key.name} for key in keys]
    if not wanted:
        return []
    return [Key(*row) for row in connection.execute(_QUERY, {"keys": json.dumps(wanted)})]
