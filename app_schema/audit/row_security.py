"""Tables without row-level security."""

from app_schema.audit.check import Check, as_grantor

# A table that only its owner may read leaks no row, but is reported too, because a single GRANT would leak
# all rows.
OFF = Check(
    "row_security_off",
    """
    SELECT CASE WHEN others IS NULL THEN 'info' ELSE 'error' END, 'table ' || name,
           CASE WHEN others IS NULL THEN 'row security is off; at present only the owner holds a privilege on it'
                ELSE format('row security is off, so %s see every row that their privileges reach', others) END,
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', name)
      FROM (
        SELECT t.name, (SELECT string_agg(DISTINCT coalesce(r.rolname, 'PUBLIC'), ', ')
                          FROM (SELECT * FROM aclexplode(t.relacl) UNION ALL
                                SELECT x.* FROM pg_catalog.pg_attribute AS a, aclexplode(a.attacl) AS x
                                 WHERE a.attrelid = t.oid) AS x
                          LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.grantee
                         WHERE x.grantee <> t.relowner) AS others
          FROM tab AS t WHERE NOT t.relrowsecurity
      ) AS found
    """,  # noqa: E501 - one line is one expression
)

NO_POLICY = Check(
    "row_security_without_policy",
    """
    SELECT 'warning', 'table ' || t.name,
           'row security is on without a policy, so that only the owner sees rows; write the intended policy, '
           'or a policy with USING (false)',
           format('CREATE POLICY %I ON %s USING (false);', left(t.relname, 50) || '_nobody', t.name)
      FROM tab AS t
     WHERE t.relrowsecurity AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = t.oid)
    """,  # noqa: E501 - one line is one expression
)

# Row security applies to SELECT, INSERT, UPDATE and DELETE. TRUNCATE deletes every row; a trigger sees each
# written row; a foreign key reveals existing values; VACUUM FULL blocks every session.
_REVOKE = """
format('REVOKE %s ON TABLE %s FROM %s;',
       string_agg(DISTINCT privilege, ', ' ORDER BY privilege), name, grantee)"""
PAST = Check(
    "privilege_past_row_security",
    f"""
    SELECT CASE WHEN bool_or(privilege IN ('TRUNCATE', 'TRIGGER')) THEN 'error' ELSE 'warning' END, 'table ' || name,
           format('%s holds %s on it, which row security does not restrict', grantee,
                  string_agg(DISTINCT privilege, ', ' ORDER BY privilege)),
           {as_grantor(_REVOKE, "grantor", "owner")}
      FROM (
        SELECT t.name, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee, x.privilege_type AS privilege,
               x.grantor, t.relowner AS owner
          FROM tab AS t
         CROSS JOIN LATERAL (SELECT * FROM aclexplode(t.relacl) UNION ALL
                             SELECT x.* FROM pg_catalog.pg_attribute AS a, aclexplode(a.attacl) AS x
                              WHERE a.attrelid = t.oid) AS x
          LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.grantee
         WHERE t.relrowsecurity AND x.grantee <> t.relowner
           AND x.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
           AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false)
      ) AS held
     GROUP BY name, grantee, grantor, owner
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (OFF, NO_POLICY, PAST)
