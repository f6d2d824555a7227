"""A query whose parts a database needs only if it has such objects: planning takes longer than reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from app_schema.ddl.catalog_query import FIRST_OID
from app_schema.ddl.sql import dollar, literal

_CURSOR = "app_schema_assembled"
_NEEDED = """\
WITH met(condition, classid, oid) AS (
{met}
)
SELECT array(SELECT DISTINCT m.condition::text FROM met AS m
              WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                 WHERE d.deptype = 'e' AND d.classid = m.classid AND d.objid = m.oid))"""


@dataclass(frozen=True)
class Assembled:
    """A query, and its parts by the condition under which a database needs them.

    :param text: the query with ``{parts}`` in place of the parts.
    :param catalogs: a condition, as ``oid FROM catalog WHERE ...`` -> the catalog. The condition is met if
        there is such a row that belongs neither to PostgreSQL nor to an extension.
    :param parts: a condition -> the part, which begins with UNION ALL.
    """

    text: str
    catalogs: Mapping[str, str]
    parts: Mapping[str, str]

    @cached_property
    def needed(self) -> str:
        """Query of one row: an array of the conditions that the database meets."""
        met = (
            f"  SELECT {literal(condition)}, 'pg_catalog.{catalog}'::regclass::oid, r.oid\n"
            f"    FROM (SELECT {condition}) AS r(oid) WHERE r.oid >= {FIRST_OID}"
            for condition, catalog in self.catalogs.items()
        )
        return _NEEDED.format(met="\n  UNION ALL\n".join(met))

    def of(self, needed: Collection[str]) -> str:
        """The query with the needed parts."""
        parts = (part for condition, part in self.parts.items() if condition in needed)
        return self.text.replace("{parts}", "".join(parts))

    @cached_property
    def message(self) -> str:
        """Statements of one message, the second of which returns the rows.

        The server decides on the parts, which saves a round trip. A DO block returns no rows, so it leaves
        a cursor open: those of a message are in one transaction.
        """
        block = f"""\
DECLARE
  needed CONSTANT text[] := ({self.needed});
  answer refcursor := '{_CURSOR}';
BEGIN
  OPEN answer FOR EXECUTE {self.composed};
END"""
        return f"DO {dollar(block, 'assembled')};\nFETCH ALL FROM {_CURSOR};\nCLOSE {_CURSOR}"

    @cached_property
    def composed(self) -> str:
        """SQL expression of the query with the parts of the conditions in the array ``needed``."""
        before, after = self.text.split("{parts}")
        parts = [
            f"CASE WHEN {literal(condition)} = ANY(needed) THEN {dollar(part)} END"
            for condition, part in self.parts.items()
        ]
        return "concat({})".format(",\n".join((dollar(before), *parts, dollar(after))))
