-- The direct and indirect dependents of the objects of a JSON list: the number of the object in the list, the dependent's
-- address, and kind, schema and name of the relation that owns the dependent, or of the dependent itself; an empty kind if no kind compares the dependent.
WITH RECURSIVE request AS (
  SELECT j.n, j.kind, s.oid AS space, j.tbl, j.name
    FROM json_to_recordset(CAST(:keys AS json)) AS j(n int, kind text, schema text, tbl text, name text)
    LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = j.schema
), target(n, class, oid, sub) AS (
  SELECT request.n, x.class::oid, x.oid, 0 FROM request CROSS JOIN LATERAL (
{addresses}) AS x
  UNION ALL
  SELECT w.n, 'pg_catalog.pg_class'::regclass, c.oid, a.attnum FROM request AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.tbl
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.name WHERE w.kind = 'column'
), node(n, class, oid, sub, depends) AS (
  SELECT t.n, t.class, t.oid, t.sub, false FROM target AS t
  UNION
  -- the catalog records the dependency of a view for its rule _RETURN
  SELECT o.n, CASE WHEN v.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass END, coalesce(v.oid, d.objid),
         CASE WHEN v.oid IS NULL THEN d.objsubid ELSE 0 END, true
    FROM node AS o JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = o.class AND d.refobjid = o.oid AND (o.sub = 0 OR d.refobjsubid = o.sub) AND d.deptype IN ('n', 'a', 'i', 'e')
    LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
    LEFT JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), owned(n, class, oid, sub, relation) AS (
  SELECT node.n, node.class, node.oid, node.sub, coalesce(x.relation, f.adrelid)
    FROM (SELECT DISTINCT n, class, oid, sub FROM node WHERE depends) AS node
    LEFT JOIN LATERAL (
{objects}) AS x ON true
    LEFT JOIN pg_catalog.pg_attrdef AS f ON node.class = 'pg_catalog.pg_attrdef'::regclass AND f.oid = node.oid
)
SELECT o.n, o.class::bigint, o.oid::bigint, o.sub, x.kind, s.nspname, x.name
  FROM owned AS o
 CROSS JOIN LATERAL (SELECT CASE WHEN o.relation IS NULL THEN o.class ELSE 'pg_catalog.pg_class'::regclass END,
                            coalesce(o.relation, o.oid)) AS node(class, oid)
 CROSS JOIN LATERAL (
{objects}) AS x
  LEFT JOIN pg_catalog.pg_namespace AS s ON s.oid = x.space
 WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = o.class AND m.objid = o.oid)
   -- which are in no schema
   AND (s.nspname !~ '^pg_' OR x.kind IN ('event_trigger', 'foreign_server'))
UNION ALL
-- an object that no kind compares, such as a language; a type of base that is no array
SELECT o.n, o.class::bigint, o.oid::bigint, o.sub, '', NULL, ''
  FROM owned AS o
 WHERE (o.class IN ({uncompared}) OR EXISTS (
        SELECT FROM pg_catalog.pg_type AS y
         WHERE o.class = 'pg_catalog.pg_type'::regclass AND y.oid = o.oid AND y.typtype = 'b' AND y.typcategory <> 'A'))
   AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = o.class AND m.objid = o.oid)
 ORDER BY 1, 2, 3, 4
