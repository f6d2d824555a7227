-- The objects of a JSON list, oldest first, as (number in the list, relations). The relations must exist before the object: those of
-- whose row type an argument or a column of it is, and those that a body reads which PostgreSQL has parsed.
WITH request AS (
  SELECT j.n, j.kind, s.oid AS space, j.tbl, j.name
    FROM json_to_recordset(CAST(:keys AS json)) AS j(n int, kind text, schema text, tbl text, name text)
    LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = j.schema
)
SELECT request.n, ARRAY(
  SELECT DISTINCT ARRAY[n.nspname::text, c.relname::text] FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_type AS y ON d.refclassid = 'pg_catalog.pg_type'::regclass AND y.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_type AS e ON e.typarray = y.oid
    JOIN pg_catalog.pg_class AS c
      ON c.oid = CASE d.refclassid WHEN 'pg_catalog.pg_class'::regclass THEN d.refobjid ELSE coalesce(e.typrelid, y.typrelid) END
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE d.classid = x.class::oid AND d.objid = x.oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm'))
  FROM request CROSS JOIN LATERAL (
{addresses}) AS x
 ORDER BY x.oid
