"""The estimated duration of the revision, from table sizes and assumed rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.adoption.mend import fills, mends, place
from app_schema.migrations.recording import operations_as

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

_Table = tuple[str, str]
_SIZES = text("""
SELECT n.nspname, c.relname, pg_catalog.pg_table_size(c.oid) AS bytes
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
""")
REWRITTEN = 30e6
"""Bytes a second of a table rewrite, for a new type or the values of a new column."""
READ = 400e6
"""Bytes a second of a table scan that validates a constraint."""
INDEXED = 100e6
"""Bytes a second of a table for an index build."""


@dataclass(frozen=True)
class Work:
    """The work of the revision on one table; `locked` and `indexed` are estimated seconds."""

    table: str
    bytes: int
    rewritten: bool
    locked: float
    indexed: float


def work(look: Look) -> list[Work]:
    """The work on each existing table that the revision changes."""
    sizes = {(row[0], row[1]): row[2] for row in look.connection.execute(_SIZES)}
    written, read, built = Counter[_Table](), Counter[_Table](), Counter[_Table]()
    converted: set[_Table] = set()
    for operation in operations_as(look.plan.operations()):
        if operation.table is None:
            continue
        table = (operation.table[0] or look.sides.metadata.default_schema, operation.table[1])
        if table not in sizes:
            continue
        if operation.rewrites and operation.retyped is not None:
            converted.add(table)  # one statement changes the types of all columns of a table
        elif operation.builds_index:
            built[table] += 1
        else:
            written[table] += operation.rewrites
            read[table] += operation.scans
    written.update(converted)
    rewritten = +written
    written.update(place(values.table) for values in [*fills(look), *mends(look)])
    return [
        Work(
            ".".join(table),
            sizes[table],
            table in rewritten,
            sizes[table] * (written[table] / REWRITTEN + read[table] / READ),
            sizes[table] * built[table] / INDEXED,
        )
        for table in sorted(written.keys() | read.keys() | built.keys())
    ]
