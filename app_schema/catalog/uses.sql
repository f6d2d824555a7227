-- The uses of types and collations of a JSON list, as (n, use, words): where PostgreSQL refuses to drop or to change them. A column
-- of a view is no use: the view is a dependent, which is dropped and created again.
WITH RECURSIVE request AS (
  SELECT j.n, j.kind, n.oid AS space, j.tbl, j.name
    FROM json_to_recordset(CAST(:keys AS json)) AS j(n int, kind text, schema text, tbl text, name text)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = j.schema
), object AS (
  SELECT request.n, x.class::oid, x.oid FROM request CROSS JOIN LATERAL (
{addresses}) AS x
), used(n, type, use) AS (
  SELECT o.n, o.oid, 'column' FROM object AS o WHERE o.class = 'pg_catalog.pg_type'::regclass
  UNION
  SELECT u.n, x.oid, CASE WHEN u.use = 'column' THEN x.use ELSE 'nested' END FROM used AS u CROSS JOIN LATERAL (
    SELECT y.typarray AS oid, 'array' AS use FROM pg_catalog.pg_type AS y WHERE y.oid = u.type AND y.typarray <> 0
    UNION ALL SELECT y.oid, 'domain' FROM pg_catalog.pg_type AS y WHERE y.typbasetype = u.type
    UNION ALL SELECT r.rngmultitypid, 'nested' FROM pg_catalog.pg_range AS r WHERE r.rngtypid = u.type
    UNION ALL SELECT r.rngtypid, 'nested' FROM pg_catalog.pg_range AS r WHERE r.rngsubtype = u.type
    UNION ALL SELECT c.reltype, 'nested' FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
               WHERE a.atttypid = u.type AND NOT a.attisdropped AND c.reltype <> 0) AS x
), place(n, use, relation, attribute) AS (
  SELECT u.n, u.use, a.attrelid, a.attnum FROM used AS u JOIN pg_catalog.pg_attribute AS a ON a.atttypid = u.type AND NOT a.attisdropped
  UNION ALL
  SELECT o.n, 'column', a.attrelid, a.attnum FROM object AS o
    JOIN pg_catalog.pg_attribute AS a ON a.attcollation = o.oid AND NOT a.attisdropped
   WHERE o.class = 'pg_catalog.pg_collation'::regclass
)
SELECT p.n, CASE c.relkind WHEN 'm' THEN 'materialized' WHEN 'f' THEN 'foreign' WHEN 'c' THEN 'type' ELSE p.use END,
       CASE c.relkind WHEN 'c' THEN 'type ' || c.reltype::regtype ELSE format('column %I of %s', a.attname, c.oid::regclass) END
  FROM place AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.relation AND c.relkind IN ('r', 'p', 'm', 'f', 'c')
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.attribute
UNION
SELECT u.n, 'typed', format('table %s', c.oid::regclass) FROM used AS u
  JOIN pg_catalog.pg_class AS c ON c.reloftype = u.type WHERE u.use = 'column'
UNION
-- domains and ranges of it, which no revision creates again
SELECT u.n, CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = y.oid) THEN 'checked' ELSE 'type' END,
       format('type %s', y.oid::regtype) FROM used AS u JOIN pg_catalog.pg_type AS y ON y.oid = u.type
 WHERE u.use IN ('domain', 'nested') AND y.typtype IN ('d', 'r')
UNION
SELECT o.n, 'type', format('type %s', y.oid::regtype) FROM object AS o
  JOIN pg_catalog.pg_type AS y ON y.typcollation = o.oid AND y.typtype = 'd' WHERE o.class = 'pg_catalog.pg_collation'::regclass
 ORDER BY 1, 2, 3
