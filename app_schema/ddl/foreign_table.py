"""Foreign tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl import privileges, replaced
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.column import EXPRESSION, NOT_NULL, TYPE
from app_schema.ddl.defined import Defined
from app_schema.ddl.foreign import CLAUSE
from app_schema.ddl.order import Drops, Makes

# as CREATE FOREIGN TABLE has it: the definition is executed again. The order of inherited columns is that of
# the parents, in which a column that is added is the last
_VALUE = f"""\
CASE a.attgenerated WHEN 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', {EXPRESSION})
                    WHEN 'v' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', {EXPRESSION})
                    ELSE ' DEFAULT ' || {EXPRESSION} END"""
_OTHER_THAN_PARENT = f"""\
EXISTS (SELECT FROM pg_catalog.pg_inherits AS h
          JOIN pg_catalog.pg_attribute AS p ON p.attrelid = h.inhparent AND p.attname = a.attname
         CROSS JOIN LATERAL (SELECT {EXPRESSION} AS expression) AS own
         CROSS JOIN LATERAL (SELECT {EXPRESSION} AS expression FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = p.attrelid AND a.attnum = p.attnum) AS inherited
         WHERE h.inhrelid = a.attrelid
           AND (p.attnotnull < a.attnotnull OR own.expression IS DISTINCT FROM inherited.expression))"""
_COLUMNS = f"""\
SELECT string_agg(concat(format('%I ', a.attname), {TYPE},
                         {CLAUSE.format(options="a.attfdwoptions")},
                         {NOT_NULL}, {_VALUE}), ', '
                  ORDER BY CASE a.attinhcount WHEN 0 THEN a.attnum END NULLS FIRST, a.attname)
    FROM pg_catalog.pg_attribute AS a
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     AND (a.attislocal OR a.attfdwoptions IS NOT NULL OR {_OTHER_THAN_PARENT})"""
_CHECKS = """\
SELECT string_agg(format('CONSTRAINT %I %s', t.conname, pg_get_constraintdef(t.oid)), ', ' ORDER BY t.conname)
    FROM pg_catalog.pg_constraint AS t WHERE t.conrelid = c.oid AND t.contype = 'c' AND t.conislocal"""

_PARENTS = """\
SELECT format(' INHERITS (%s)', string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno))
    FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid HAVING count(*) > 0"""


@dataclass(frozen=True)
class ForeignTable(Defined):
    """``CREATE FOREIGN TABLE schema.name (columns) SERVER server OPTIONS (…)``.

    The rows are on another server, so drop and create loses none.
    """

    kind: ClassVar[str] = "foreign_table"
    keeps_values = True
    word = "FOREIGN TABLE"
    comment_on: ClassVar[Mapping[str, str]] = {"foreign_table": "FOREIGN TABLE {place}"}
    owned_as = "relation"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_foreign_table AS f JOIN pg_catalog.pg_class AS c ON c.oid = f.ftrelid "
            "JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver",
            catalog="pg_class",
            oid="c.oid",
            kind="'foreign_table'",
            name="c.relname",
            namespace="c.relnamespace",
            owner="c.relowner",
            where="NOT c.relispartition",
            only_if="ftrelid FROM pg_catalog.pg_foreign_table",
            definition=f"""\
concat(format('(%s)%s SERVER %I', concat_ws(', ', ({_COLUMNS}), ({_CHECKS})), ({_PARENTS}), s.srvname),
       {CLAUSE.format(options="f.ftoptions")})""",
        ),
    )
    ranks = (Drops.TABLE, Makes.TABLE)
    in_create_all = Makes.FUNCTION

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("r", f"TABLE {self._place}"),)

    def replace_sql(self) -> tuple[str, ...]:
        return replaced.FOREIGN_TABLE.keeping(self._place, (*super().replace_sql(), *self.privileges_sql()))
