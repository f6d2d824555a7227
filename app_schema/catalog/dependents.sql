-- What depends on the objects of a JSON list, as (kind, schema, tbl, name), prerequisites before what needs them. A node is an
-- object or a column of one (sub); gone says whether it is dropped or only changed.
WITH RECURSIVE wanted AS (
  SELECT j.kind, n.oid AS space, j.tbl, j.name, j.gone
    FROM json_to_recordset(CAST(:keys AS json)) AS j(kind text, schema text, tbl text, name text, gone boolean)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = j.schema
), col(oid, num, name, gone) AS (
  SELECT c.oid, a.attnum, a.attname, w.gone FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.tbl
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0
   WHERE w.kind = 'column'
  UNION
  -- a column changes in the tables that inherit it, too
  SELECT a.attrelid, a.attnum, a.attname, o.gone FROM col AS o JOIN pg_catalog.pg_inherits AS h ON h.inhparent = o.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = h.inhrelid AND a.attname = o.name AND NOT a.attisdropped
), target(class, oid, sub, gone) AS (
  SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, 0, w.gone FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.name
   WHERE w.kind IN ('table', 'view', 'materialized_view', 'index')
  UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass, o.oid, o.num, o.gone FROM col AS o
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::regclass, t.oid, 0, w.gone FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.space AND c.relname = w.tbl
    JOIN pg_catalog.pg_constraint AS t ON t.conrelid = c.oid AND t.conname = w.name
   WHERE w.kind = 'constraint'
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 0, w.gone FROM wanted AS w
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = w.space AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = w.name
   WHERE w.kind = 'function'
  UNION ALL
  SELECT x.class, x.oid, x.sub, w.gone FROM wanted AS w
    JOIN pg_catalog.pg_type AS y ON y.typnamespace = w.space AND y.typname = w.name
    CROSS JOIN LATERAL (
      SELECT 'pg_catalog.pg_type'::regclass::oid AS class, y.oid, 0 AS sub
      UNION ALL SELECT 'pg_catalog.pg_type'::regclass, y.typarray, 0
      UNION ALL SELECT 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum FROM pg_catalog.pg_attribute AS a
                  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                 WHERE a.atttypid IN (y.oid, y.typarray) AND a.attnum > 0 AND NOT a.attisdropped) AS x
   WHERE w.kind = 'enum'
), node(class, oid, sub, gone, depth) AS (
  SELECT t.class, t.oid, t.sub, t.gone, 0 FROM target AS t
  UNION
  SELECT e.class, e.oid, e.sub, true, e.depth FROM (
    -- a rule stands for its view, a default of a generated column for the column
    SELECT CASE WHEN v.oid IS NOT NULL OR g.attrelid IS NOT NULL THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.classid END AS class,
           coalesce(v.oid, g.attrelid, d.objid) AS oid, coalesce(g.attnum, d.objsubid) AS sub, o.depth + 1 AS depth, o.class AS from_class, o.oid AS from_oid, o.sub AS from_sub
      FROM node AS o JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = o.class AND d.refobjid = o.oid AND (o.sub = 0 OR d.refobjsubid = o.sub)
         -- a column hangs on its type, which goes where it is the row type of a view, or an array of that
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
       -- under a new type PostgreSQL builds keys and plain indexes again by itself, but for a named operator class or collation
       AND (o.gone OR (t.oid IS NULL AND i.indexrelid IS NULL) OR t.contype IN ('c', 'f') OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL
            OR EXISTS (SELECT FROM generate_series(0, i.indnkeyatts - 1) AS k
                         JOIN pg_catalog.pg_attribute AS b ON b.attrelid = i.indrelid AND b.attnum = i.indkey[k]
                         JOIN pg_catalog.pg_opclass AS p ON p.oid = i.indclass[k]
                        WHERE b.attcollation <> i.indcollation[k] OR NOT p.opcdefault))
       -- what belongs to an object of the parent table goes and comes with that
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid)
       AND coalesce(t.coninhcount, 0) = 0 AND coalesce(g.attinhcount, 0) = 0
       AND (o.gone OR d.classid <> 'pg_catalog.pg_statistic_ext'::regclass OR EXISTS (
            SELECT FROM pg_catalog.pg_statistic_ext AS x WHERE x.oid = d.objid AND x.stxexprs IS NOT NULL))) AS e
   WHERE (e.class, e.oid, e.sub) IS DISTINCT FROM (e.from_class, e.from_oid, e.from_sub)
), named AS (
  SELECT n.depth, n.oid AS age, x.* FROM node AS n CROSS JOIN LATERAL (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'index' END AS kind, c.relnamespace AS space,
           (SELECT b.relname FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS b ON b.oid = i.indrelid WHERE i.indexrelid = c.oid) AS tbl, c.relname AS name
      FROM pg_catalog.pg_class AS c
     WHERE n.class = 'pg_catalog.pg_class'::regclass AND n.sub = 0 AND c.oid = n.oid AND c.relkind IN ('v', 'm', 'i', 'I')
    UNION ALL
    SELECT CASE WHEN a.attgenerated = '' THEN 'of_row_type' ELSE 'column' END, c.relnamespace, c.relname, a.attname FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
     WHERE n.class = 'pg_catalog.pg_class'::regclass AND n.sub > 0 AND n.gone AND c.oid = n.oid AND a.attnum = n.sub AND c.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'policy', c.relnamespace, c.relname, p.polname FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
     WHERE n.class = 'pg_catalog.pg_policy'::regclass AND p.oid = n.oid
    UNION ALL
    SELECT 'rule', c.relnamespace, c.relname, u.rulename FROM pg_catalog.pg_rewrite AS u JOIN pg_catalog.pg_class AS c ON c.oid = u.ev_class
     WHERE n.class = 'pg_catalog.pg_rewrite'::regclass AND u.oid = n.oid
    UNION ALL
    SELECT 'statistics', x.stxnamespace, NULL, x.stxname FROM pg_catalog.pg_statistic_ext AS x
     WHERE n.class = 'pg_catalog.pg_statistic_ext'::regclass AND x.oid = n.oid
    UNION ALL
    SELECT 'publication', c.relnamespace, c.relname, b.pubname FROM pg_catalog.pg_publication_rel AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.prrelid
      JOIN pg_catalog.pg_publication AS b ON b.oid = p.prpubid
     WHERE n.class = 'pg_catalog.pg_publication_rel'::regclass AND p.oid = n.oid AND p.prqual IS NOT NULL
    UNION ALL
    SELECT 'trigger', c.relnamespace, c.relname, t.tgname FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
     WHERE n.class = 'pg_catalog.pg_trigger'::regclass AND t.oid = n.oid AND NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT 'constraint', c.relnamespace, c.relname, t.conname FROM pg_catalog.pg_constraint AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.conrelid
     WHERE n.class = 'pg_catalog.pg_constraint'::regclass AND t.oid = n.oid AND t.contype IN ('c', 'f', 'p', 'u', 'x')
       AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS p WHERE p.oid = t.conparentid AND p.conrelid = t.conrelid)
    UNION ALL
    SELECT CASE WHEN EXISTS (SELECT 1 FROM target AS w WHERE w.class = 'pg_catalog.pg_class'::regclass AND w.oid = f.adrelid AND w.sub = f.adnum)
                THEN 'own_default' ELSE 'default' END, c.relnamespace, c.relname, a.attname
      FROM pg_catalog.pg_attrdef AS f JOIN pg_catalog.pg_class AS c ON c.oid = f.adrelid AND c.relkind IN ('r', 'p')
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = f.adnum
     WHERE n.class = 'pg_catalog.pg_attrdef'::regclass AND f.oid = n.oid
    UNION ALL
    SELECT 'function', p.pronamespace, NULL, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) FROM pg_catalog.pg_proc AS p
     WHERE n.class = 'pg_catalog.pg_proc'::regclass AND p.oid = n.oid) AS x
   WHERE n.depth > 0
)
SELECT n.kind, s.nspname, n.tbl, n.name FROM named AS n JOIN pg_catalog.pg_namespace AS s ON s.oid = n.space
 GROUP BY n.kind, s.nspname, n.tbl, n.name ORDER BY max(n.depth), min(n.age), n.kind, s.nspname, n.tbl, n.name
