"""Indexes of partitioned tables, built without blocking writers.

PostgreSQL cannot build an index of a partitioned table CONCURRENTLY. The index is created ON ONLY the parent,
and is INVALID until every partition has its part. The index of each partition is built CONCURRENTLY and
attached; PostgreSQL then marks the parent's as valid. The parts of an interrupted build are found by
definition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Index, text

from app_schema.ddl import Guarded, index
from app_schema.ddl.sql import qualified
from app_schema.migrations.sending import Sender, send

if TYPE_CHECKING:
    from alembic.operations import Operations

_KIND = text("SELECT c.relkind::text FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass(:name)")
_PARTITIONS = text("""\
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'p' AS partitioned,
       CASE WHEN x.relname IS NOT NULL THEN format('%I.%I', n.nspname, x.relname) END AS child,
       x.attached, x.valid
  FROM (SELECT i.indexrelid, i.indrelid, i.indisunique, pg_get_indexdef(i.indexrelid) AS definition
          FROM pg_catalog.pg_index AS i WHERE i.indexrelid = to_regclass(:index)) AS p
  JOIN pg_catalog.pg_inherits AS h ON h.inhparent = p.indrelid
  JOIN pg_catalog.pg_class AS c ON c.oid = h.inhrelid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
    SELECT y.relname, i.indisvalid AS valid, a.inhparent IS NOT NULL AS attached
      FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS y ON y.oid = i.indexrelid
      LEFT JOIN pg_catalog.pg_inherits AS a ON a.inhrelid = i.indexrelid
     WHERE i.indrelid = c.oid AND i.indisunique = p.indisunique
       AND coalesce(a.inhparent = p.indexrelid, true)
       AND substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*$')
           = substring(p.definition FROM ' USING .*$')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid)
     ORDER BY a.inhparent NULLS LAST, i.indisvalid DESC, y.relname LIMIT 1) AS x ON true
 ORDER BY n.nspname, c.relname""")
_HEAD = re.compile(r"(CREATE (?:UNIQUE )?INDEX ).*? ON ONLY .*?( USING .*)", re.DOTALL)


class _Partition(NamedTuple):
    """A partition with the index of it that is, or may become, a part of the parent's."""

    name: str
    partitioned: bool
    child: str | None
    attached: bool | None
    valid: bool | None


def is_partitioned(operations: Operations | Sender, name: str, schema: str | None) -> bool:
    """True if a table or index has partitions of its own."""
    result = send(operations, _KIND, name=qualified(name, schema))
    return result is not None and result.scalar() in {"p", "I"}


def build(operations: Operations | Sender, built: Index) -> None:
    """Builds the index of a partitioned table, or its missing parts."""
    assert built.table is not None
    send(operations, Guarded(index.create(built, only=True)))
    _complete(operations, qualified(index.name_of(built), built.table.schema))


def _complete(operations: Operations | Sender, parent: str) -> None:
    """Gives every partition its index, under the name that PostgreSQL chooses, as without CONCURRENTLY."""
    statement = send(operations, text("SELECT pg_get_indexdef(to_regclass(:index))"), index=parent)
    match = _HEAD.fullmatch(statement.scalar_one() if statement is not None else "")
    assert match is not None, "an index of a partitioned table is printed ON ONLY"
    for partition in _partitions(operations, parent):
        name = partition.child
        if name is not None and not partition.partitioned and not partition.valid:
            send(operations, Guarded(f"DROP INDEX CONCURRENTLY {name}"))
            name = None
        if name is None:
            mode, only = ("", "ONLY ") if partition.partitioned else ("CONCURRENTLY ", "")
            send(operations, Guarded(f"{match[1]}{mode}ON {only}{partition.name}{match[2]}"))
            name = next(part.child for part in _partitions(operations, parent) if part.name == partition.name)
        if partition.partitioned:
            assert name is not None
            _complete(operations, name)
        if not partition.attached:
            send(operations, Guarded(f"ALTER INDEX {parent} ATTACH PARTITION {name}"))


def _partitions(operations: Operations | Sender, parent: str) -> list[_Partition]:
    rows: Any = send(operations, _PARTITIONS, index=parent)
    return [_Partition(*row) for row in rows]
