"""A type or foreign table that is replaced keeps its owner, grants and comments.

PostgreSQL drops them with the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app_schema.ddl.block import execute
from app_schema.ddl.sql import dollar, literal

_KEEP = """
DECLARE
  old CONSTANT oid := {lookup}({place});
  again text;
  kept text[] := ARRAY(
    SELECT k.statement
      FROM {source} CROSS JOIN LATERAL (
           SELECT 0 AS step, concat('ALTER {word} ', {place}, ' OWNER TO ', {owner}::regrole) AS statement
            WHERE {owner} <> quote_ident(current_user)::regrole
           UNION ALL
           {grants}
           UNION ALL
           SELECT 3, concat('COMMENT ON {word} ', {place}, ' IS ', quote_literal(d.description))
             FROM pg_catalog.pg_description AS d
            WHERE d.classoid = 'pg_catalog.{catalog}'::regclass AND d.objoid = old AND d.objsubid = 0
           UNION ALL
           SELECT 4, concat('COMMENT ON COLUMN ', {place}, '.', quote_ident(a.attname), ' IS ',
                            quote_literal(d.description))
             FROM pg_catalog.pg_description AS d
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
            WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = {relation}
           UNION ALL
           SELECT 5, format('ALTER {word} %s ALTER COLUMN %I SET STATISTICS %s', {place}, a.attname,
                            a.attstattarget)
             FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = {relation} AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attstattarget >= 0) AS k
     WHERE {oid} = old ORDER BY k.step);
BEGIN
{replace}
  IF {lookup}({place}) IS DISTINCT FROM old THEN
    FOREACH again IN ARRAY kept LOOP
      BEGIN
        EXECUTE again;
      EXCEPTION WHEN undefined_column THEN NULL; -- the new definition has no such column
      END;
    END LOOP;
  END IF;
END
"""
_GRANT = """\
SELECT 2, concat('GRANT ', x.privilege_type, {columns}' ON {word} ', {place}, ' TO ',
                            CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END,
                            CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
             FROM {entries} AS x WHERE x.grantee <> {owner}"""


@dataclass(frozen=True)
class _Replaced:
    """A kind of object: its catalog, and the grants that it keeps."""

    word: str
    catalog: str
    lookup: str
    source: str
    oid: str
    owner: str
    relation: str
    grants: tuple[str, ...]

    def keeping(self, place: str, statements: Iterable[str]) -> tuple[str, ...]:
        """The statement that executes the statements that replace the object.

        :param place: schema and name, quoted.
        """
        body = _KEEP.format(
            word=self.word,
            catalog=self.catalog,
            lookup=self.lookup,
            source=self.source,
            oid=self.oid,
            owner=self.owner,
            relation=self.relation,
            grants="\n           UNION ALL\n           ".join(self.grants).replace("{place}", literal(place)),
            place=literal(place),
            replace="\n".join(execute(tuple(statements))),
        )
        return ("DO " + dollar(body, "keep"),)


def _grants(word: str, entries: str, owner: str, columns: str = "") -> str:
    return _GRANT.format(word=word, entries=entries, owner=owner, columns=columns, place="{place}")


TYPE = _Replaced(
    word="TYPE",
    catalog="pg_type",
    lookup="to_regtype",
    source="pg_catalog.pg_type AS y",
    oid="y.oid",
    owner="y.typowner",
    relation="y.typrelid",
    grants=(
        # PUBLIC has USAGE on a new type
        "SELECT 1, concat('REVOKE ALL ON TYPE ', {place}, ' FROM PUBLIC') WHERE y.typacl IS NOT NULL",
        _grants("TYPE", "aclexplode(y.typacl)", "y.typowner"),
    ),
)
FOREIGN_TABLE = _Replaced(
    word="FOREIGN TABLE",
    catalog="pg_class",
    lookup="to_regclass",
    source="pg_catalog.pg_class AS c",
    oid="c.oid",
    owner="c.relowner",
    relation="c.oid",
    grants=(
        _grants("TABLE", "aclexplode(c.relacl)", "c.relowner"),
        _grants(
            "TABLE",
            "(SELECT a.attname, g.* FROM pg_catalog.pg_attribute AS a CROSS JOIN aclexplode(a.attacl) AS g "
            "WHERE a.attrelid = c.oid)",
            "c.relowner",
            "' (', quote_ident(x.attname), ')', ",
        ),
    ),
)
