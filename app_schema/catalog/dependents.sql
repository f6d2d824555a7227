-- The dependents of the objects of a JSON list, as (kind, schema, tbl, name), prerequisites before their dependents. A node is
-- an object or a column (sub) of an object; dropped: true for a drop, false for a change. Requests of one number n are one request.
WITH RECURSIVE request AS (
  SELECT j.n, j.kind, n.oid AS space, j.tbl, j.name, j.dropped
    FROM json_to_recordset(CAST(:keys AS json)) AS j(n int, kind text, schema text, tbl text, name text, dropped boolean)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = j.schema
), col(n, oid, num, name, dropped) AS (
  SELECT w.n, c.oid, a.attnum, a.attname, w.dropped FROM request AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.tbl
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0
   WHERE w.kind = 'column'
  UNION
  -- ALTER COLUMN also changes the column of the inheriting tables
  SELECT o.n, a.attrelid, a.attnum, a.attname, o.dropped FROM col AS o JOIN pg_catalog.pg_inherits AS h ON h.inhparent = o.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = h.inhrelid AND a.attname = o.name AND NOT a.attisdropped
), object(n, class, oid, dropped) AS (
  -- ALTER ATTRIBUTE meets what reads attributes of a composite type, which depends on its row of pg_class
  SELECT request.n, CASE WHEN c.oid IS NULL THEN x.class::oid ELSE c.tableoid END, coalesce(c.oid, x.oid), request.dropped
    FROM request CROSS JOIN LATERAL (
{addresses}) AS x
    LEFT JOIN pg_catalog.pg_class AS c ON request.kind = 'composite' AND NOT request.dropped AND c.reltype = x.oid
), target(n, class, oid, sub, dropped) AS (
  SELECT o.n, o.class, o.oid, 0, o.dropped FROM object AS o
  UNION ALL
  SELECT o.n, 'pg_catalog.pg_class'::regclass, o.oid, o.num, o.dropped FROM col AS o
  UNION ALL
  -- a change of a type changes its array type and the columns of both
  SELECT o.n, x.class, x.oid, x.sub, o.dropped FROM object AS o
    JOIN pg_catalog.pg_type AS y ON o.class = 'pg_catalog.pg_type'::regclass AND y.oid = o.oid
    CROSS JOIN LATERAL (
      SELECT o.class, y.typarray AS oid, 0 AS sub
      UNION ALL SELECT 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum FROM pg_catalog.pg_attribute AS a
                  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                 WHERE a.atttypid IN (y.oid, y.typarray) AND a.attnum > 0 AND NOT a.attisdropped) AS x
), node(n, class, oid, sub, dropped, depth) AS (
  SELECT t.n, t.class, t.oid, t.sub, t.dropped, 0 FROM target AS t
  UNION
  SELECT e.n, e.class, e.oid, e.sub, true, e.depth FROM (
    -- the catalog records the dependency of a view for its rule _RETURN, of a generated column for its default
    SELECT o.n, CASE WHEN v.oid IS NOT NULL OR g.attrelid IS NOT NULL THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.classid END AS class,
           coalesce(v.oid, g.attrelid, d.objid) AS oid, coalesce(g.attnum, d.objsubid) AS sub, o.depth + 1 AS depth, o.class AS from_class, o.oid AS from_oid, o.sub AS from_sub
      FROM node AS o JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = o.class AND d.refobjid = o.oid AND (o.sub = 0 OR d.refobjsubid = o.sub)
         -- a column depends on its type, which is dropped if it is the row type of a view, or the array of a row type
         AND (d.objsubid = 0 OR (o.class = 'pg_catalog.pg_type'::regclass AND EXISTS (
              SELECT FROM pg_catalog.pg_type AS y LEFT JOIN pg_catalog.pg_type AS e ON e.oid = y.typelem
               WHERE y.oid = o.oid AND 'c' IN (y.typtype, e.typtype)))) AND d.deptype IN ('n', 'a', 'i')
      LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'
      LEFT JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
      LEFT JOIN pg_catalog.pg_attrdef AS f ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid
      LEFT JOIN pg_catalog.pg_attribute AS g ON g.attrelid = f.adrelid AND g.attnum = f.adnum AND g.attgenerated <> ''
      LEFT JOIN pg_catalog.pg_constraint AS t ON d.classid = 'pg_catalog.pg_constraint'::regclass AND t.oid = d.objid
      LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass THEN d.objid ELSE t.conindid END
     WHERE o.depth < 100
       -- ALTER COLUMN TYPE rebuilds keys and plain indexes, except with a named operator class or collation
       AND (o.dropped OR (t.oid IS NULL AND i.indexrelid IS NULL) OR t.contype IN ('c', 'f') OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL
            OR EXISTS (SELECT FROM generate_series(0, i.indnkeyatts - 1) AS k
                         JOIN pg_catalog.pg_attribute AS b ON b.attrelid = i.indrelid AND b.attnum = i.indkey[k]
                         JOIN pg_catalog.pg_opclass AS p ON p.oid = i.indclass[k]
                        WHERE b.attcollation <> i.indcollation[k] OR NOT p.opcdefault))
       -- PostgreSQL drops and creates inherited constraints, indexes and generated columns with those of the parent
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid)
       AND coalesce(t.coninhcount, 0) = 0 AND coalesce(g.attinhcount, 0) = 0
       -- ALTER COLUMN TYPE creates extended statistics again, without their target
       AND (o.dropped OR d.classid <> 'pg_catalog.pg_statistic_ext'::regclass OR EXISTS (
            SELECT FROM pg_catalog.pg_statistic_ext AS x WHERE x.oid = d.objid AND (x.stxexprs IS NOT NULL OR x.stxstattarget >= 0)))) AS e
   WHERE (e.class, e.oid, e.sub) IS DISTINCT FROM (e.from_class, e.from_oid, e.from_sub)
), named AS (
  SELECT node.n, node.depth, node.oid AS creation_order, x.* FROM node CROSS JOIN LATERAL (
    SELECT o.kind, o.space, o.tbl, o.name FROM (
{objects}) AS o WHERE node.sub = 0
    UNION ALL
    SELECT CASE WHEN a.attgenerated = '' THEN 'of_row_type' ELSE 'column' END, c.relnamespace, c.relname, a.attname FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
     WHERE node.class = 'pg_catalog.pg_class'::regclass AND node.sub > 0 AND node.dropped AND c.oid = node.oid AND a.attnum = node.sub
       AND c.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'publication', NULL, NULL, b.pubname FROM pg_catalog.pg_publication_rel AS p JOIN pg_catalog.pg_publication AS b ON b.oid = p.prpubid
     WHERE node.class = 'pg_catalog.pg_publication_rel'::regclass AND p.oid = node.oid AND num_nulls(p.prqual, p.prattrs) < 2
    UNION ALL
    SELECT CASE WHEN EXISTS (SELECT 1 FROM target AS w WHERE w.n = node.n AND w.class = 'pg_catalog.pg_class'::regclass AND w.oid = f.adrelid AND w.sub = f.adnum)
                THEN 'own_default' ELSE 'default' END, c.relnamespace, c.relname, a.attname
      FROM pg_catalog.pg_attrdef AS f JOIN pg_catalog.pg_class AS c ON c.oid = f.adrelid AND c.relkind IN ('r', 'p')
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = f.adnum
     WHERE node.class = 'pg_catalog.pg_attrdef'::regclass AND f.oid = node.oid) AS x
   WHERE node.depth > 0
)
SELECT n.n, n.kind, s.nspname, n.tbl, n.name FROM named AS n LEFT JOIN pg_catalog.pg_namespace AS s ON s.oid = n.space
 GROUP BY n.n, n.kind, s.nspname, n.tbl, n.name ORDER BY max(n.depth), min(n.creation_order), n.kind, s.nspname, n.tbl, n.name
