"""Publications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar

# without ONLY a table stands for its heirs too, of which each has its own entry
_TABLES = """\
SELECT string_agg(concat('TABLE ', CASE WHEN EXISTS (
           SELECT FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS r ON r.oid = h.inhrelid
            WHERE h.inhparent = q.prrelid AND NOT r.relispartition) THEN 'ONLY ' END, q.prrelid::regclass,
         (SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
            FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = q.prrelid AND a.attnum = ANY (q.prattrs::int2[])),
         ' WHERE (' || pg_get_expr(q.prqual, q.prrelid) || ')'), ', '
         ORDER BY q.prrelid::regclass::text)
    FROM pg_catalog.pg_publication_rel AS q WHERE q.prpubid = k.oid"""
_SCHEMAS = """\
SELECT 'TABLES IN SCHEMA ' || string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname)
    FROM pg_catalog.pg_publication_namespace AS q JOIN pg_catalog.pg_namespace AS n ON n.oid = q.pnnspid
   WHERE q.pnpubid = k.oid"""
_OBJECTS = f"CASE WHEN k.puballtables THEN 'ALL TABLES' ELSE concat_ws(', ', ({_TABLES}), ({_SCHEMAS})) END"
# a column that the version lacks is NULL in the JSON
_OPTIONS = """\
concat_ws(', ',
  format('publish = %L', concat_ws(', ', CASE WHEN k.pubinsert THEN 'insert' END,
    CASE WHEN k.pubupdate THEN 'update' END, CASE WHEN k.pubdelete THEN 'delete' END,
    CASE WHEN k.pubtruncate THEN 'truncate' END)),
  CASE WHEN k.pubviaroot THEN 'publish_via_partition_root = true' END,
  CASE WHEN to_jsonb(k) ->> 'pubgencols' = 's' THEN 'publish_generated_columns = stored' END)"""


@dataclass(frozen=True)
class Publication(Defined):
    """``CREATE PUBLICATION name FOR objects WITH (options)``.

    :param definition: the objects: ``TABLE public.t (id, n) WHERE (id > 0), TABLES IN SCHEMA app``, or ``ALL
        TABLES``; empty: none.
    :param options: ``publish = 'insert, update'``; without it PostgreSQL publishes all four.
    """

    kind: ClassVar[str] = "publication"
    word = "PUBLICATION"
    in_schema = False
    comment_on: ClassVar[Mapping[str, str]] = {"publication": "PUBLICATION {name}"}
    owned_as = "publication"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_publication AS k",
            catalog="pg_publication",
            oid="k.oid",
            kind="'publication'",
            name="k.pubname",
            owner="k.pubowner",
            definition=f"concat('FOR ' || nullif({_OBJECTS}, ''), format(' WITH (%s)', {_OPTIONS}))",
            parts={"definition": _OBJECTS, "options": _OPTIONS},
            only_if="oid FROM pg_catalog.pg_publication",
        ),
    )
    ranks = (Drops.GRANT, Makes.DEFAULT_GRANT)
    in_create_all = Makes.DEFAULT_GRANT
    options: str = "publish = 'insert, update, delete, truncate'"

    def _create(self, place: str) -> tuple[str, ...]:
        objects = f" FOR {self.definition}" if self.definition else ""
        return (f"CREATE PUBLICATION {place}{objects} WITH ({self.options})",)

    def replace_sql(self) -> tuple[str, ...]:
        """Alters the publication in place; PostgreSQL cannot alter to or from ALL TABLES: drop and create."""
        alter = f"ALTER PUBLICATION {self._place} SET"
        change = f"""
BEGIN
  EXECUTE {dollar(f"{alter} {self.definition or 'TABLE'}", "objects")};
EXCEPTION WHEN object_not_in_prerequisite_state OR syntax_error THEN
  EXECUTE {dollar(self.drop_sql()[0])};
  EXECUTE {dollar(self.create_sql()[0], "new")};
END
"""
        unset = "publish_via_partition_root = false, "
        has_root = "publish_via_partition_root" in self.options
        return ("DO " + dollar(change, "replace"), f"{alter} ({'' if has_root else unset}{self.options})")
