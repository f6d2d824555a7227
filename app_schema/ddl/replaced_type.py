"""A type that is replaced keeps its owner, grants and comments, which PostgreSQL drops with the type."""

from __future__ import annotations

from collections.abc import Iterable

from app_schema.ddl.block import execute
from app_schema.ddl.sql import dollar, literal

# PUBLIC has USAGE on a new type
_KEEP = """
DECLARE
  old CONSTANT oid := to_regtype({place});
  again text;
  kept text[] := ARRAY(
    SELECT k.statement
      FROM pg_catalog.pg_type AS y CROSS JOIN LATERAL (
           SELECT 0, concat('ALTER TYPE ', {place}, ' OWNER TO ', y.typowner::regrole)
            WHERE y.typowner <> quote_ident(current_user)::regrole
           UNION ALL
           SELECT 1, concat('REVOKE ALL ON TYPE ', {place}, ' FROM PUBLIC') WHERE y.typacl IS NOT NULL
           UNION ALL
           SELECT 2, concat('GRANT ', x.privilege_type, ' ON TYPE ', {place}, ' TO ',
                            CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END,
                            CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
             FROM aclexplode(y.typacl) AS x WHERE x.grantee <> y.typowner
           UNION ALL
           SELECT 3, concat('COMMENT ON TYPE ', {place}, ' IS ', quote_literal(d.description))
             FROM pg_catalog.pg_description AS d
            WHERE d.classoid = 'pg_catalog.pg_type'::regclass AND d.objoid = y.oid
           UNION ALL
           SELECT 4, concat('COMMENT ON COLUMN ', {place}, '.', quote_ident(a.attname), ' IS ',
                            quote_literal(d.description))
             FROM pg_catalog.pg_description AS d
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
            WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = y.typrelid
           ) AS k(step, statement)
     WHERE y.oid = old ORDER BY k.step);
BEGIN
{replace}
  IF to_regtype({place}) IS DISTINCT FROM old THEN
    FOREACH again IN ARRAY kept LOOP
      BEGIN
        EXECUTE again;
      EXCEPTION WHEN undefined_column THEN NULL; -- the new definition has no such attribute
      END;
    END LOOP;
  END IF;
END
"""


def keeping(place: str, statements: Iterable[str]) -> tuple[str, ...]:
    """The statement that executes the statements that replace a type.

    :param place: schema and name of the type, quoted.
    """
    replace = "\n".join(execute(tuple(statements)))
    return ("DO " + dollar(_KEEP.format(place=literal(place), replace=replace), "keep"),)
