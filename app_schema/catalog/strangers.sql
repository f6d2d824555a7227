-- What hangs on the objects of a JSON list, directly or through something else: the number of the object in the list, the
-- dependent's address, and kind, schema and name of the relation, function or type that it belongs to.
WITH RECURSIVE wanted AS (
  SELECT j.n, j.kind, s.oid AS space, j.tbl, j.name
    FROM json_to_recordset(CAST(:keys AS json)) AS j(n int, kind text, schema text, tbl text, name text)
    LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = j.schema
), target(n, class, oid, sub) AS (
  SELECT w.n, 'pg_catalog.pg_class'::regclass::oid, c.oid, coalesce(a.attnum, 0)::int FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = CASE w.kind WHEN 'column' THEN w.tbl ELSE w.name END
    LEFT JOIN pg_catalog.pg_attribute AS a ON w.kind = 'column' AND a.attrelid = c.oid AND a.attname = w.name
   WHERE w.kind IN ('table', 'view', 'materialized_view', 'foreign_table', 'composite', 'sequence', 'index', 'column')
  UNION ALL
  SELECT w.n, 'pg_catalog.pg_constraint'::regclass, t.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.tbl
    JOIN pg_catalog.pg_constraint AS t ON t.conrelid = c.oid AND t.conname = w.name WHERE w.kind = 'constraint'
  UNION ALL
  SELECT w.n, 'pg_catalog.pg_proc'::regclass, p.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = w.space AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = w.name
   WHERE w.kind = 'function'
  UNION ALL
  SELECT w.n, 'pg_catalog.pg_type'::regclass, y.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_type AS y ON y.typnamespace = w.space AND y.typname = w.name WHERE w.kind IN ('enum', 'domain', 'range')
  UNION ALL
  SELECT w.n, 'pg_catalog.pg_extension'::regclass, e.oid, 0 FROM wanted AS w
    JOIN pg_catalog.pg_extension AS e ON e.extname = w.name WHERE w.kind = 'extension'
), node(n, class, oid, sub, hangs) AS (
  SELECT t.n, t.class, t.oid, t.sub, false FROM target AS t
  UNION
  -- a rule stands for its view
  SELECT o.n, CASE WHEN v.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass END, coalesce(v.oid, d.objid),
         CASE WHEN v.oid IS NULL THEN d.objsubid ELSE 0 END, true
    FROM node AS o JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = o.class AND d.refobjid = o.oid AND (o.sub = 0 OR d.refobjsubid = o.sub) AND d.deptype IN ('n', 'a', 'i', 'e')
    LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
    LEFT JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), owned AS (
  SELECT o.n, o.class, o.oid, o.sub, coalesce(i.indrelid, t.conrelid, g.tgrelid, p.polrelid, f.adrelid, r.ev_class,
         CASE WHEN o.class = 'pg_catalog.pg_class'::regclass THEN o.oid END) AS relation
    FROM (SELECT DISTINCT n, class, oid, sub FROM node WHERE hangs) AS o
    LEFT JOIN pg_catalog.pg_index AS i ON o.class = 'pg_catalog.pg_class'::regclass AND i.indexrelid = o.oid
    LEFT JOIN pg_catalog.pg_constraint AS t ON o.class = 'pg_catalog.pg_constraint'::regclass AND t.oid = o.oid
    LEFT JOIN pg_catalog.pg_trigger AS g ON o.class = 'pg_catalog.pg_trigger'::regclass AND g.oid = o.oid
    LEFT JOIN pg_catalog.pg_policy AS p ON o.class = 'pg_catalog.pg_policy'::regclass AND p.oid = o.oid
    LEFT JOIN pg_catalog.pg_attrdef AS f ON o.class = 'pg_catalog.pg_attrdef'::regclass AND f.oid = o.oid
    LEFT JOIN pg_catalog.pg_rewrite AS r ON o.class = 'pg_catalog.pg_rewrite'::regclass AND r.oid = o.oid
)
SELECT o.n, o.class::bigint, o.oid::bigint, o.sub,
       CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'c' THEN 'composite'
                      WHEN 'f' THEN 'foreign_table' ELSE CASE WHEN c.oid IS NOT NULL THEN 'table' WHEN p.oid IS NOT NULL THEN 'function'
                      ELSE 'domain' END END,
       s.nspname, coalesce(c.relname, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)), y.typname)
  FROM owned AS o
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = o.relation
  LEFT JOIN pg_catalog.pg_proc AS p ON o.class = 'pg_catalog.pg_proc'::regclass AND p.oid = o.oid
  LEFT JOIN pg_catalog.pg_type AS y ON o.class = 'pg_catalog.pg_type'::regclass AND y.oid = o.oid AND y.typtype = 'd'
  JOIN pg_catalog.pg_namespace AS s ON s.oid = coalesce(c.relnamespace, p.pronamespace, y.typnamespace)
 WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = o.class AND m.objid = o.oid)
   AND s.nspname !~ '^pg_'
 ORDER BY 1, 2, 3, 4
