"""Privileges that every role of the cluster holds."""

from app_schema.audit.check import Check, as_grantor

# Without the grants of initdb (USAGE on the schema public), CONNECT and TEMPORARY on the database, and USAGE
# on types. By default PUBLIC may execute a function; SECURITY DEFINER functions have another check.
_REVOKE = """
format('REVOKE %s ON %s %s FROM PUBLIC;', string_agg(privilege, ', ' ORDER BY privilege), what, name)"""
PUBLIC = Check(
    "grant_to_public",
    f"""
    SELECT CASE WHEN what = 'ROUTINE' THEN 'warning' ELSE 'error' END, words,
           format('PUBLIC, which is every role of the cluster, holds %s on it', string_agg(privilege, ', ' ORDER BY privilege)),
           {as_grantor(_REVOKE, "grantor", "owner")}
      FROM (
        SELECT CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS what, r.name,
               CASE r.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
                              ELSE 'table ' END || r.name AS words,
               x.grantor, r.relowner AS owner, x.grantee, x.privilege_type AS privilege
          FROM rel AS r, aclexplode(r.relacl) AS x
        UNION ALL
        SELECT 'TABLE', r.name, format('column %I of %s', a.attname, r.name), x.grantor, r.relowner, x.grantee,
               format('%s (%I)', x.privilege_type, a.attname)
          FROM rel AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND NOT a.attisdropped,
               aclexplode(a.attacl) AS x
        UNION ALL
        SELECT 'SCHEMA', quote_ident(s.nspname), 'schema ' || quote_ident(s.nspname), x.grantor, s.nspowner, x.grantee, x.privilege_type
          FROM space AS s, aclexplode(s.nspacl) AS x
         WHERE NOT EXISTS (
           SELECT FROM pg_catalog.pg_init_privs AS i, aclexplode(i.initprivs) AS y
            WHERE i.classoid = 'pg_catalog.pg_namespace'::regclass AND i.objoid = s.oid
              AND y.grantee = x.grantee AND y.privilege_type = x.privilege_type)
        UNION ALL
        SELECT 'ROUTINE', p.name, 'function ' || p.name, x.grantor, p.proowner, x.grantee, x.privilege_type
          FROM proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x WHERE NOT p.prosecdef
        UNION ALL
        SELECT 'DATABASE', quote_ident(d.datname), 'database ' || quote_ident(d.datname), x.grantor, d.datdba, x.grantee, x.privilege_type
          FROM pg_catalog.pg_database AS d, aclexplode(d.datacl) AS x
         WHERE d.datname = current_database() AND x.privilege_type = 'CREATE'
      ) AS held
     WHERE grantee = 0
     GROUP BY what, name, words, grantor, owner
    """,  # noqa: E501 - one line is one expression
)

DEFAULT = Check(
    "default_grant_to_public",
    """
    SELECT 'error', words, format('objects that %s creates from now on are open to PUBLIC: %s', maker, privileges),
           format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE %s ON %s FROM PUBLIC;', maker, inside, privileges, what)
      FROM (
        SELECT d.defaclrole::regrole::text AS maker, string_agg(x.privilege_type, ', ') AS privileges,
               ' IN SCHEMA ' || quote_ident(s.nspname) AS inside,
               format('default privileges of %s on %s in %I', d.defaclrole::regrole, k.what, s.nspname) AS words, k.what
          FROM pg_catalog.pg_default_acl AS d
          JOIN space AS s ON s.oid = d.defaclnamespace
          JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'ROUTINES'), ('T', 'TYPES')) AS k (type, what)
            ON k.type = d.defaclobjtype::text,
               aclexplode(d.defaclacl) AS x
         WHERE x.grantee = 0
         GROUP BY d.defaclrole, s.nspname, k.what
      ) AS found
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (PUBLIC, DEFAULT)
