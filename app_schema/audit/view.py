"""Views that show rows which their reader may not see."""

from app_schema.audit.check import Check, as_grantor

INVOKER = Check(
    "view_without_security_invoker",
    """
    SELECT 'error', 'view ' || r.name,
           'it reads its tables with the rights of its owner, so that their row security does not hold',
           format('ALTER VIEW %s SET (security_invoker = true);', r.name)
      FROM rel AS r
     WHERE r.relkind = 'v'
       AND NOT EXISTS (SELECT FROM pg_options_to_table(r.reloptions) AS o
                        WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)
    """,
)

# security_invoker is impossible: a materialized view stores the rows.
_REVOKE = "format('REVOKE ALL ON TABLE %s FROM %s;', r.name, string_agg(g.grantee, ', '))"
MATERIALIZED = Check(
    "materialized_view_is_readable",
    f"""
    SELECT 'error', 'materialized view ' || r.name,
           format('it holds a copy of rows, which no row security guards, and %s may read it', string_agg(g.grantee, ', ')),
           {as_grantor(_REVOKE, "g.grantor", "r.relowner")}
      FROM rel AS r
     CROSS JOIN LATERAL (
       SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS grantee, x.grantor
         FROM aclexplode(r.relacl) AS x WHERE x.grantee <> r.relowner AND x.privilege_type = 'SELECT'
     ) AS g
     WHERE r.relkind = 'm'
     GROUP BY r.name, r.relowner, g.grantor
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (INVOKER, MATERIALIZED)
