"""Constraints that some rows may violate."""

from app_schema.audit.check import Check

# From PostgreSQL 18 on a constraint can be NOT ENFORCED: it must be recreated to be validated. The column is
# read through JSON, because older servers lack it.
NOT_VALID = Check(
    "constraint_not_valid",
    """
    SELECT 'error', format('constraint %I on %s', conname, place),
           CASE WHEN enforced THEN 'it is NOT VALID: older rows may violate it'
                ELSE 'it is NOT ENFORCED: any row may violate it' END,
           CASE WHEN enforced THEN format('ALTER %s VALIDATE CONSTRAINT %I;', target, conname)
                ELSE format('ALTER %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s;', target, conname, conname,
                            replace(replace(definition, ' NOT ENFORCED', ''), ' NOT VALID', '')) END
      FROM (
        SELECT c.conname, coalesce(t.name, y.oid::regtype::text) AS place,
               coalesce('TABLE ' || t.name, 'DOMAIN ' || y.oid::regtype) AS target,
               pg_get_constraintdef(c.oid) AS definition,
               to_jsonb(c) ->> 'conenforced' IS DISTINCT FROM 'false' AS enforced
          FROM pg_catalog.pg_constraint AS c
          LEFT JOIN tab AS t ON t.oid = c.conrelid
          LEFT JOIN pg_catalog.pg_type AS y ON y.oid = c.contypid AND y.typnamespace IN (SELECT s.oid FROM space AS s)
         WHERE NOT c.convalidated AND c.conparentid = 0 AND coalesce(t.oid, y.oid) IS NOT NULL
      ) AS found
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (NOT_VALID,)
