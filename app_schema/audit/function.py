"""SECURITY DEFINER functions, which run with the rights of their owner."""

from app_schema.audit.check import Check, as_grantor

# PostgreSQL searches pg_temp first, unless the path names pg_temp at another place: a caller who may create a
# temporary table could replace a table of the function. With an empty path every name in the body is
# qualified.
SEARCH_PATH = Check(
    "definer_search_path",
    r"""
    SELECT 'error', 'function ' || p.name,
           CASE WHEN path IS NULL
                THEN 'SECURITY DEFINER without a pinned search_path: the caller chooses whose tables and functions it uses'
                ELSE format('SECURITY DEFINER with search_path %s, which does not end with pg_temp, or names it before: a temporary table of '
                            'the caller hides the real table', path) END,
           format('ALTER ROUTINE %s SET search_path = %s;', p.name,
                  CASE WHEN path IS NULL THEN quote_literal('')
                       ELSE regexp_replace(path, '"?pg_temp"?,\s*', '', 'g') || CASE WHEN path ~ 'pg_temp"?$' THEN '' ELSE ', pg_temp' END END)
      FROM proc AS p
      LEFT JOIN LATERAL (
        SELECT substr(c, length('search_path=') + 1) AS path FROM unnest(p.proconfig) AS c
         WHERE starts_with(c, 'search_path=')
      ) AS pinned ON true
     WHERE p.prosecdef AND (path IS NULL OR (path NOT IN ('', '""') AND path !~ '^(?!.*pg_temp"?,).*pg_temp"?$'))
    """,  # noqa: E501 - one line is one expression
)

_REVOKE = "format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC;', p.name)"
PUBLIC = Check(
    "definer_executable_by_public",
    f"""
    SELECT 'error', 'function ' || p.name,
           'SECURITY DEFINER, and every role of the cluster may execute it with the rights of its owner',
           {as_grantor(_REVOKE, "x.grantor", "p.proowner")}
      FROM proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
     WHERE p.prosecdef AND x.grantee = 0 AND x.privilege_type = 'EXECUTE'
    """,
)

CHECKS = (SEARCH_PATH, PUBLIC)
