"""What a dropped table has and no CREATE TABLE of a revision says: restored afterwards, or named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.sql import NAME_BYTES
from app_schema.migrations.directives import CallOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

# From PostgreSQL 18 on a NOT NULL has a name and may be NO INHERIT; before, pg_constraint has no such rows.
_NOT_NULLS = """\
SELECT (SELECT coalesce(json_agg(json_build_array(t.conname, a.attname, t.connoinherit)
                                 ORDER BY a.attnum), '[]')
          FROM pg_catalog.pg_constraint AS t
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.conrelid AND a.attnum = t.conkey[1]
         WHERE t.conrelid = c.oid AND t.contype = 'n')
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :name"""
_LOST = """\
SELECT (SELECT coalesce(json_agg(p.part), '[]') FROM (
         SELECT format('its tablespace %I', s.spcname) AS part
           FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace
         UNION ALL
         SELECT format('its access method %I', m.amname)
           FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam AND m.amname <> 'heap'
         UNION ALL
         SELECT format('its place in the publication %I', p.pubname)
           FROM pg_catalog.pg_publication_rel AS r JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
          WHERE r.prrelid = c.oid
         UNION ALL
         SELECT format('its security label of %I', l.provider) FROM pg_catalog.pg_seclabel AS l
          WHERE l.classoid = 'pg_catalog.pg_class'::regclass AND l.objoid = c.oid
         UNION ALL
         SELECT format('its owner %I', pg_get_userbyid(c.relowner))
          WHERE pg_get_userbyid(c.relowner) <> current_user) AS p)
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :name"""


def names(comparison: Comparison, table: Key) -> list[CallOp]:
    """The calls that give the NOT NULL constraints of a table that is made again their own names."""
    return [
        CallOp("rename_constraint", chosen, name, table.name, schema=table.schema)
        for name, chosen, _ in _not_nulls(comparison, table)
        if name != chosen and _fits(chosen)
    ]


def told(comparison: Comparison, table: Key) -> None:
    """Notes what of a dropped table no downgrade brings back."""
    lost = list(comparison.answers.get(_LOST, table))
    for name, chosen, no_inherit in _not_nulls(comparison, table):
        if no_inherit:
            lost.append(f"the NO INHERIT of its constraint {name}")
        if name != chosen and not _fits(chosen):
            lost.append(f"the name of its constraint {name}")
    if lost:
        what = f"the downgrade creates table {table.schema}.{table.name} without {', '.join(lost)}"
        comparison.plan.notes.append(UnwritableOp(f"{what}: restore it by hand"))


def _not_nulls(comparison: Comparison, table: Key) -> Iterator[tuple[str, str, bool]]:
    """Each NOT NULL of a table: its name, the name that PostgreSQL chooses, and whether it is NO INHERIT."""
    for name, column, no_inherit in comparison.answers.get(_NOT_NULLS, table):
        yield name, f"{table.name}_{column}_not_null", no_inherit


def _fits(chosen: str) -> bool:
    """True if PostgreSQL does not shorten the name that it chooses."""
    return len(chosen.encode()) <= NAME_BYTES
