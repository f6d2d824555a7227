-- What a database has that a metadata may use without declaring it, as (rank, schema, name, words, statement, tables): the names
-- by which DDL speaks of it, the statement that makes it in another database, and the relations that must be there before: row types
-- of arguments and of the result, and what a body reads that PostgreSQL has parsed. Run with an empty search_path.
WITH member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), space AS (
  SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT 1, NULL::text, e.extname::text,
       ARRAY(SELECT DISTINCT w FROM (
         SELECT e.extname::text UNION ALL
         SELECT y.typname::text FROM pg_catalog.pg_type AS y JOIN pg_catalog.pg_depend AS d ON d.objid = y.oid AND d.classid = 'pg_catalog.pg_type'::regclass
          WHERE d.deptype = 'e' AND d.refobjid = e.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass UNION ALL
         SELECT p.proname::text FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_depend AS d ON d.objid = p.oid AND d.classid = 'pg_catalog.pg_proc'::regclass
          WHERE d.deptype = 'e' AND d.refobjid = e.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass UNION ALL
         SELECT o.opcname::text FROM pg_catalog.pg_opclass AS o JOIN pg_catalog.pg_depend AS d ON d.objid = o.oid AND d.classid = 'pg_catalog.pg_opclass'::regclass
          WHERE d.deptype = 'e' AND d.refobjid = e.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass UNION ALL
         -- default operator classes are not named: gist (=, &&) of btree_gist and its like
         SELECT CASE m.amname WHEN 'gist' THEN 'gist' WHEN 'gin' THEN 'gin' END FROM pg_catalog.pg_opclass AS o JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
           JOIN pg_catalog.pg_depend AS d ON d.objid = o.oid AND d.classid = 'pg_catalog.pg_opclass'::regclass
          WHERE o.opcdefault AND d.deptype = 'e' AND d.refobjid = e.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass UNION ALL
         SELECT c.cfgname::text FROM pg_catalog.pg_ts_dict AS t JOIN pg_catalog.pg_ts_config_map AS m ON m.mapdict = t.oid
           JOIN pg_catalog.pg_ts_config AS c ON c.oid = m.mapcfg
           JOIN pg_catalog.pg_depend AS d ON d.objid = t.oid AND d.classid = 'pg_catalog.pg_ts_dict'::regclass
          WHERE d.deptype = 'e' AND d.refobjid = e.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass) AS x(w) WHERE w IS NOT NULL),
       format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) || E';\n'
         || format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I VERSION %L CASCADE', e.extname, n.nspname, e.extversion), NULL::text[]
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname <> 'plpgsql'
UNION ALL
SELECT 2, s.nspname, c.collname, ARRAY[c.collname::text],
       format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname) || E';\n' || format('CREATE COLLATION %I.%I (%s)', s.nspname, c.collname, concat_ws(', ',
         'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
         'LOCALE = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale')),
         'LC_COLLATE = ' || quote_literal(CASE WHEN c.collprovider = 'c' THEN c.collcollate END),
         'LC_CTYPE = ' || quote_literal(CASE WHEN c.collprovider = 'c' THEN c.collctype END),
         'DETERMINISTIC = ' || c.collisdeterministic::text,
         'RULES = ' || quote_literal(to_jsonb(c) ->> 'collicurules'))), NULL::text[]
  FROM pg_catalog.pg_collation AS c JOIN space AS s ON s.oid = c.collnamespace
 WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_collation'::regclass AND m.objid = c.oid)
UNION ALL
SELECT 3, s.nspname, t.dictname,
       ARRAY[t.dictname::text] || ARRAY(SELECT c.cfgname::text FROM pg_catalog.pg_ts_config_map AS m JOIN pg_catalog.pg_ts_config AS c ON c.oid = m.mapcfg WHERE m.mapdict = t.oid),
       format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname) || E';\n' || format('CREATE TEXT SEARCH DICTIONARY %I.%I (%s)', s.nspname, t.dictname,
         concat_ws(', ', (SELECT format('TEMPLATE = %I.%I', n.nspname, l.tmplname) FROM pg_catalog.pg_ts_template AS l
           JOIN pg_catalog.pg_namespace AS n ON n.oid = l.tmplnamespace WHERE l.oid = t.dicttemplate), t.dictinitoption)), NULL::text[]
  FROM pg_catalog.pg_ts_dict AS t JOIN space AS s ON s.oid = t.dictnamespace
 WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_ts_dict'::regclass AND m.objid = t.oid)
UNION ALL
SELECT 4, s.nspname, c.cfgname, ARRAY[c.cfgname::text],
       format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname) || E';\n' || format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', s.nspname, c.cfgname, n.nspname, r.prsname)
         || coalesce((SELECT string_agg(format(E';\nALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', s.nspname, c.cfgname, k.alias, x.dicts), '' ORDER BY x.maptokentype)
              FROM (SELECT m.maptokentype, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dicts
                      FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg = c.oid GROUP BY m.maptokentype) AS x
              JOIN pg_catalog.ts_token_type(c.cfgparser) AS k ON k.tokid = x.maptokentype), ''), NULL::text[]
  FROM pg_catalog.pg_ts_config AS c JOIN space AS s ON s.oid = c.cfgnamespace
  JOIN pg_catalog.pg_ts_parser AS r ON r.oid = c.cfgparser JOIN pg_catalog.pg_namespace AS n ON n.oid = r.prsnamespace
 WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_ts_config'::regclass AND m.objid = c.oid)
UNION ALL
SELECT 5, s.nspname, y.typname, ARRAY[y.typname::text],
       format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname) || E';\n' || CASE y.typtype
         WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', s.nspname, y.typname,
           (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = y.oid))
         WHEN 'r' THEN format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s)', s.nspname, y.typname,
           (SELECT format_type(r.rngsubtype, NULL) FROM pg_catalog.pg_range AS r WHERE r.rngtypid = y.oid))
         WHEN 'c' THEN format('CREATE TYPE %I.%I AS (%s)', s.nspname, y.typname,
           (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
         ELSE concat_ws(' ', format('CREATE DOMAIN %I.%I AS %s', s.nspname, y.typname, format_type(y.typbasetype, y.typtypmod)),
           (SELECT format('COLLATE %I.%I', n.nspname, c.collname) FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
             WHERE c.oid = y.typcollation AND y.typcollation <> (SELECT b.typcollation FROM pg_catalog.pg_type AS b WHERE b.oid = y.typbasetype)),
           'DEFAULT ' || y.typdefault, CASE WHEN y.typnotnull THEN 'NOT NULL' END,
           (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
              FROM pg_catalog.pg_constraint AS k WHERE k.contypid = y.oid AND k.contype = 'c')) END, NULL::text[]
  FROM pg_catalog.pg_type AS y JOIN space AS s ON s.oid = y.typnamespace
 WHERE (y.typtype IN ('e', 'd', 'r') OR (y.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = y.typrelid AND c.relkind = 'c')))
   AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = y.oid)
UNION ALL
SELECT 6, s.nspname, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)), ARRAY[p.proname::text],
       format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname) || E';\n' || pg_get_functiondef(p.oid),
       ARRAY(SELECT DISTINCT ARRAY[n.nspname::text, c.relname::text] FROM pg_catalog.pg_depend AS d
         LEFT JOIN pg_catalog.pg_type AS y ON d.refclassid = 'pg_catalog.pg_type'::regclass AND y.oid = d.refobjid
         LEFT JOIN pg_catalog.pg_type AS e ON e.typarray = y.oid
         JOIN pg_catalog.pg_class AS c ON c.oid = CASE WHEN d.refclassid = 'pg_catalog.pg_class'::regclass THEN d.refobjid ELSE coalesce(e.typrelid, y.typrelid) END
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm'))
  FROM pg_catalog.pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e'))
ORDER BY 1, 2, 3
