-- Which object reads which other one by pg_depend, as (kind, schema, name) twice.
WITH node AS (
  SELECT o.class::oid, o.oid, c.reltype AS type, y.typarray AS types, o.kind, n.nspname AS schema, o.name
    FROM (
{readers}) AS o JOIN pg_catalog.pg_namespace AS n ON n.oid = o.space
    LEFT JOIN pg_catalog.pg_class AS c ON o.class = 'pg_catalog.pg_class'::regclass AND c.oid = o.oid
    LEFT JOIN pg_catalog.pg_type AS y ON y.oid = c.reltype
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), edge AS (
  -- a rule stands for its view
  SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass END AS class, coalesce(r.ev_class, d.objid) AS oid,
         d.refclassid, d.refobjid
    FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'
   WHERE d.deptype = 'n' AND d.classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_proc'::regclass)
)
SELECT DISTINCT a.kind, a.schema, a.name, b.kind, b.schema, b.name
  FROM edge AS e JOIN node AS a ON a.class = e.class AND a.oid = e.oid
  JOIN node AS b ON (b.class = e.refclassid AND b.oid = e.refobjid)
                 OR (e.refclassid = 'pg_catalog.pg_type'::regclass AND e.refobjid IN (b.type, b.types))
 WHERE (a.class, a.oid) <> (b.class, b.oid)
