-- The whole catalog of one database as (kind, schema, tbl, name, definition), printed by PostgreSQL itself.
-- Run with an empty search_path, so that every name is qualified. Left out: what belongs to PostgreSQL, to an extension or
-- to a temporary schema; NOT NULL constraints, which are rows of their own only from version 18 on (columns carry them);
-- and the owner's own privileges, which differ between versions.
WITH space AS (
  SELECT n.oid, n.nspname AS name, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace AS n
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), rel AS (
  SELECT c.oid, s.name AS schema, c.relname AS name, c.relkind, c.relowner, c.relacl, c.reloptions, c.relrowsecurity,
         c.relforcerowsecurity, c.relispartition, c.relpersistence, c.relpartbound
    FROM pg_catalog.pg_class AS c JOIN space AS s ON s.oid = c.relnamespace
   WHERE NOT EXISTS (SELECT 1 FROM member AS m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
), tab AS (
  SELECT * FROM rel WHERE relkind IN ('r', 'p', 'f')
), proc AS (
  SELECT p.*, s.name AS schema, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) AS signature
    FROM pg_catalog.pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace
   WHERE p.prokind <> 'a'
     AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
     AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid)
), typ AS (
  SELECT y.*, s.name AS schema FROM pg_catalog.pg_type AS y JOIN space AS s ON s.oid = y.typnamespace
   WHERE y.typtype IN ('e', 'd', 'r')
     AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = y.oid)
), default_acl AS (
  -- Default privileges act on what their role creates. The role that migrates owns the version table; before, it is the one that asks.
  SELECT d.*, s.name AS schema, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
                                                     WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS type
    FROM pg_catalog.pg_default_acl AS d LEFT JOIN space AS s ON s.oid = d.defaclnamespace
   WHERE d.defaclrole = coalesce((SELECT r.relowner FROM tab AS r WHERE r.name = 'alembic_version' ORDER BY r.schema <> 'public', r.schema LIMIT 1),
                                 quote_ident(current_user)::regrole)
), acl AS (
  SELECT 'grant' AS kind, r.schema, r.name::text AS tbl, NULL AS col, x.* FROM rel AS r, aclexplode(r.relacl) AS x
   WHERE x.grantee <> r.relowner AND r.relkind NOT IN ('i', 'I')
  UNION ALL
  SELECT 'column_grant', t.schema, t.name, a.attname, x.* FROM rel AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND NOT a.attisdropped, aclexplode(a.attacl) AS x
  UNION ALL
  SELECT 'function_grant', p.schema, p.signature, NULL, x.* FROM proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
   WHERE x.grantee <> p.proowner
  UNION ALL
  SELECT 'type_grant', y.schema, y.typname, NULL, x.* FROM typ AS y, aclexplode(coalesce(y.typacl, acldefault('T', y.typowner))) AS x
   WHERE x.grantee <> y.typowner
  UNION ALL
  SELECT 'schema_grant', s.name, NULL, NULL, x.* FROM space AS s, aclexplode(s.nspacl) AS x WHERE x.grantee <> s.nspowner
  UNION ALL
  SELECT 'default_grant', d.schema, d.type, NULL, x.* FROM default_acl AS d, aclexplode(d.defaclacl) AS x WHERE x.grantee <> d.defaclrole
), described AS (
  SELECT 'pg_catalog.pg_constraint'::regclass AS classid, t.oid, 'constraint' AS kind, r.schema, r.name AS tbl, t.conname::text AS name
    FROM tab AS r JOIN pg_catalog.pg_constraint AS t ON t.conrelid = r.oid
  UNION ALL
  SELECT 'pg_catalog.pg_trigger'::regclass, t.oid, 'trigger', r.schema, r.name, t.tgname FROM rel AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid
  UNION ALL
  SELECT 'pg_catalog.pg_policy'::regclass, p.oid, 'policy', r.schema, r.name, p.polname FROM rel AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
  UNION ALL
  SELECT 'pg_catalog.pg_rewrite'::regclass, u.oid, 'rule', r.schema, r.name, u.rulename FROM rel AS r JOIN pg_catalog.pg_rewrite AS u ON u.ev_class = r.oid
  UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass, r.oid, CASE r.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'index' END,
         r.schema, b.relname, r.name
    FROM rel AS r LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = r.oid LEFT JOIN pg_catalog.pg_class AS b ON b.oid = i.indrelid
   WHERE r.relkind IN ('S', 'v', 'm', 'i', 'I')
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 'function', p.schema, NULL, p.signature FROM proc AS p
  UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, y.oid, CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END, y.schema, NULL, y.typname FROM typ AS y
  UNION ALL
  SELECT 'pg_catalog.pg_namespace'::regclass, s.oid, 'schema', NULL, NULL, s.name FROM space AS s
  UNION ALL
  SELECT 'pg_catalog.pg_extension'::regclass, e.oid, 'extension', NULL, NULL, e.extname FROM pg_catalog.pg_extension AS e
), found AS (
  SELECT 'schema' AS kind, NULL AS schema, NULL AS tbl, s.name::text AS name, '' AS definition FROM space AS s
  UNION ALL
  -- a privilege that PostgreSQL grants of its own accord and these do not
  SELECT 'default_acl', NULL, d.type, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE 'the owner' END, 'no ' || string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)
    FROM default_acl AS d, aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)) AS x
   WHERE d.defaclnamespace = 0
     AND NOT EXISTS (SELECT 1 FROM aclexplode(d.defaclacl) AS y WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type)
   GROUP BY d.type, x.grantee
  UNION ALL
  SELECT 'extension', NULL, NULL, e.extname, format('schema %s', e.extnamespace::regnamespace) FROM pg_catalog.pg_extension AS e WHERE e.extname <> 'plpgsql'
  UNION ALL
  SELECT 'role', NULL, NULL, r.rolname, concat_ws(' ', CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
         CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
         CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END)
    FROM pg_catalog.pg_roles AS r
   WHERE r.rolname !~ '^pg_' AND r.oid IN (SELECT d.refobjid FROM pg_catalog.pg_shdepend AS d JOIN pg_catalog.pg_database AS b ON b.oid = d.dbid
           WHERE b.datname = current_database() AND d.refclassid = 'pg_catalog.pg_authid'::regclass)
  UNION ALL
  SELECT 'enum', y.schema, NULL, y.typname, (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = y.oid)
    FROM typ AS y WHERE y.typtype = 'e'
  UNION ALL
  SELECT 'domain', y.schema, NULL, y.typname, concat_ws(' ', format_type(y.typbasetype, y.typtypmod),
         (SELECT format('COLLATE %I.%I', n.nspname, k.collname) FROM pg_catalog.pg_collation AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.collnamespace
            JOIN pg_catalog.pg_type AS b ON b.oid = y.typbasetype WHERE k.oid = y.typcollation AND y.typcollation <> b.typcollation), CASE WHEN y.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || y.typdefault,
         (SELECT string_agg(format('CONSTRAINT %I %s', t.conname, pg_get_constraintdef(t.oid)), ' ' ORDER BY t.conname) FROM pg_catalog.pg_constraint AS t WHERE t.contypid = y.oid AND t.contype <> 'n'))
    FROM typ AS y WHERE y.typtype = 'd'
  UNION ALL
  SELECT 'range', y.schema, NULL, y.typname, format_type(g.rngsubtype, NULL) FROM typ AS y JOIN pg_catalog.pg_range AS g ON g.rngtypid = y.oid
  UNION ALL
  SELECT CASE r.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'c' THEN 'composite' WHEN 'f' THEN 'foreign_table' ELSE 'table' END,
         r.schema, NULL, r.name, concat_ws(' ', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
         'WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) AS o) || ')',
         CASE r.relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(r.oid) END,
         (SELECT 'INHERITS (' || string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno) || ')' FROM pg_catalog.pg_inherits AS h
           WHERE h.inhrelid = r.oid AND NOT r.relispartition),
         CASE WHEN r.relkind IN ('v', 'm') THEN format('(%s) AS %s', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = r.oid AND a.attnum > 0), pg_get_viewdef(r.oid)) END,
         (SELECT format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
                 q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END) FROM pg_catalog.pg_sequence AS q WHERE q.seqrelid = r.oid),
         (SELECT format('OWNED BY %s.%I', d.refobjid::regclass, a.attname) FROM pg_catalog.pg_depend AS d
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           WHERE r.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))
    FROM rel AS r WHERE r.relkind NOT IN ('i', 'I')
  UNION ALL
  SELECT 'partition', r.schema, NULL, r.name, format('of %s %s', (SELECT h.inhparent::regclass FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = r.oid), pg_get_expr(r.relpartbound, r.oid))
    FROM tab AS r WHERE r.relispartition
  UNION ALL
  SELECT 'column', r.schema, r.name, a.attname, concat(format_type(a.atttypid, a.atttypmod),
         (SELECT format(' COLLATE %I.%I', n.nspname, k.collname) FROM pg_catalog.pg_collation AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.collnamespace
            JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid WHERE k.oid = a.attcollation AND a.attcollation <> y.typcollation),
         CASE WHEN a.attnotnull THEN ' NOT NULL' END,
         CASE WHEN a.attnotnull AND (a.attrelid, a.attnum) IN (SELECT v.conrelid, v.conkey[1] FROM pg_catalog.pg_constraint AS v WHERE v.contype = 'n' AND NOT v.convalidated)
              THEN ' NOT VALID' END,
         CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' END,
         (SELECT CASE a.attgenerated WHEN 's' THEN ' GENERATED STORED AS ' WHEN 'v' THEN ' GENERATED VIRTUAL AS ' ELSE ' DEFAULT ' END || pg_get_expr(d.adbin, d.adrelid)
            FROM pg_catalog.pg_attrdef AS d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum))
    FROM rel AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
  UNION ALL
  SELECT 'constraint', r.schema, r.name, t.conname, pg_get_constraintdef(t.oid) FROM tab AS r JOIN pg_catalog.pg_constraint AS t ON t.conrelid = r.oid
   WHERE t.contype IN ('c', 'f', 'p', 'u', 'x')
     -- PostgreSQL's own keys to each partition of a table that a foreign key refers to stand beside that key
     AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS p WHERE p.oid = t.conparentid AND p.conrelid = t.conrelid)
  UNION ALL
  SELECT 'index', r.schema, (SELECT b.relname FROM pg_catalog.pg_class AS b WHERE b.oid = i.indrelid), r.name, concat(pg_get_indexdef(r.oid), CASE WHEN NOT i.indisvalid THEN ' INVALID' END,
         (SELECT format(' PARTITION OF %s', h.inhparent::regclass) FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = r.oid))
    FROM rel AS r JOIN pg_catalog.pg_index AS i ON i.indexrelid = r.oid
   WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS t WHERE t.conindid = r.oid AND t.contype IN ('p', 'u', 'x') AND t.conrelid = i.indrelid)
  UNION ALL
  SELECT 'table_option', o.schema, o.name, o.action, o.value FROM (
    SELECT r.schema, r.name, 'CLUSTER ON' AS action, (SELECT format('%I', x.relname) FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
             WHERE i.indrelid = r.oid AND i.indisclustered) AS value FROM rel AS r WHERE r.relkind IN ('r', 'm', 'p')
    UNION ALL
    SELECT r.schema, r.name, 'REPLICA IDENTITY', (SELECT CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN 'USING INDEX ' || (
             SELECT format('%I', x.relname) FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = r.oid AND i.indisreplident) END
             FROM pg_catalog.pg_class AS c WHERE c.oid = r.oid) FROM rel AS r WHERE r.relkind IN ('r', 'p')
    UNION ALL
    SELECT r.schema, r.name, format('ALTER COLUMN %I SET %s', a.attname, v.option), v.value
      FROM rel AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
      CROSS JOIN LATERAL (VALUES
        ('STATISTICS', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END),
        ('STORAGE', CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
        ('COMPRESSION', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
        ('', '(' || array_to_string(a.attoptions, ', ') || ')')) AS v(option, value)
     WHERE r.relkind IN ('r', 'm', 'p')) AS o
   WHERE o.value IS NOT NULL
  UNION ALL
  SELECT 'function', p.schema, NULL, p.signature, concat_ws(' ', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'w' THEN 'WINDOW' END, pg_get_function_arguments(p.oid),
         'RETURNS ' || pg_get_function_result(p.oid), 'LANGUAGE ' || l.lanname, p.provolatile::text, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
         CASE WHEN p.proisstrict THEN 'STRICT' END, CASE WHEN p.proleakproof THEN 'LEAKPROOF' END, 'PARALLEL ' || p.proparallel::text, 'COST ' || p.procost, 'ROWS ' || p.prorows,
         'SET ' || array_to_string(p.proconfig, ', '), 'AS ' || coalesce(pg_get_function_sqlbody(p.oid), p.prosrc))
    FROM proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
  UNION ALL
  SELECT 'trigger', r.schema, r.name, t.tgname, concat(pg_get_triggerdef(t.oid), CASE t.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' END)
    FROM rel AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'rule', r.schema, r.name, u.rulename, concat(pg_get_ruledef(u.oid), CASE u.ev_enabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' END) FROM rel AS r JOIN pg_catalog.pg_rewrite AS u ON u.ev_class = r.oid WHERE u.rulename <> '_RETURN'
  UNION ALL
  SELECT 'statistics', s.name, NULL, x.stxname, pg_get_statisticsobjdef(x.oid) FROM pg_catalog.pg_statistic_ext AS x JOIN space AS s ON s.oid = x.stxnamespace
  UNION ALL
  SELECT 'policy', r.schema, r.name, p.polname, concat(CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, ' FOR ', p.polcmd, ' TO ',
         (SELECT string_agg(CASE x WHEN 0 THEN 'PUBLIC' ELSE x::regrole::text END, ', ' ORDER BY x::regrole::text) FROM unnest(p.polroles) AS x),
         ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    FROM tab AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
  UNION ALL
  SELECT 'row_security', r.schema, r.name, '', concat_ws(', ', CASE WHEN r.relrowsecurity THEN 'enabled' END, CASE WHEN r.relforcerowsecurity THEN 'forced' END)
    FROM tab AS r WHERE r.relrowsecurity OR r.relforcerowsecurity
  UNION ALL
  SELECT a.kind, a.schema, a.tbl, concat_ws(' ', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, CASE WHEN a.kind = 'column_grant' THEN a.privilege_type END),
         CASE WHEN a.kind = 'column_grant' THEN string_agg(a.col || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY a.col COLLATE "C")
              ELSE string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY a.privilege_type) END
    FROM acl AS a GROUP BY a.kind, a.schema, a.tbl, a.grantee, CASE WHEN a.kind = 'column_grant' THEN a.privilege_type END
  UNION ALL
  SELECT 'owner', o.schema, o.name, o.kind, o.owner::regrole::text FROM (
    SELECT 'schema' AS kind, NULL AS schema, s.name, s.nspowner AS owner FROM space AS s WHERE s.name <> 'public'
    UNION ALL SELECT 'relation', r.schema, r.name, r.relowner FROM rel AS r WHERE r.relkind NOT IN ('i', 'I')
    UNION ALL SELECT 'function', p.schema, p.signature, p.proowner FROM proc AS p
    UNION ALL SELECT 'type', y.schema, y.typname, y.typowner FROM typ AS y) AS o
  UNION ALL
  SELECT 'comment', r.schema, r.name, coalesce(a.attname, ''), d.description FROM rel AS r
    JOIN pg_catalog.pg_description AS d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = r.oid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0
   WHERE r.relkind NOT IN ('i', 'I', 'S') AND (d.objsubid > 0 OR r.relkind NOT IN ('v', 'm'))
  UNION ALL
  SELECT 'object_comment', o.schema, o.tbl, format('%s %s', o.kind, o.name), d.description
    FROM pg_catalog.pg_description AS d JOIN described AS o ON o.classid = d.classoid AND o.oid = d.objoid AND d.objsubid = 0
   WHERE d.description <> 'standard public schema' AND o.name <> 'plpgsql'
  UNION ALL
  SELECT 'object_comment', i.schema, NULL, format('%s %s', i.type, i.identity), d.description
    FROM pg_catalog.pg_description AS d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
   WHERE d.objoid >= 16384 AND (i.schema IN (SELECT s.name FROM space AS s) OR i.type IN ('event trigger', 'domain constraint'))
     AND NOT EXISTS (SELECT 1 FROM described AS o WHERE o.classid = d.classoid AND o.oid = d.objoid)
     AND NOT EXISTS (SELECT 1 FROM rel AS r WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND r.oid = d.objoid)
     AND NOT EXISTS (SELECT 1 FROM member AS m WHERE m.classid = d.classoid AND m.objid = d.objoid)
)
SELECT kind, schema, tbl, name, coalesce(definition, '') AS definition FROM found ORDER BY kind, schema, tbl, name
