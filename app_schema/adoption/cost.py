"""The estimated duration of the revision, from table sizes and assumed rates."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.adoption.future import Future
from app_schema.adoption.mend import builds_exclusion, fills, mends, place
from app_schema.adoption.order import in_transaction
from app_schema.adoption.renewal import renewed
from app_schema.migrations.directives import ConcurrentIndexOp
from app_schema.migrations.recording import operations_as

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from app_schema.adoption.look import Look
    from app_schema.migrations.operation import Operation

_Table = tuple[str, str]
_SIZES = text("""
SELECT n.nspname, c.relname, pg_catalog.pg_table_size(c.oid) AS bytes,
       pg_catalog.pg_relation_size(c.oid) AS main
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
""")
REWRITTEN = 30e6
"""Bytes a second of a table rewrite, for a new type or a new column."""
UPDATED = 6e6
"""Bytes a second of an UPDATE of all rows: each new version is written into each index too."""
READ = 400e6
"""Bytes a second of a table scan that validates a constraint."""
INDEXED = 40e6
"""Bytes a second of a table for an index build."""
STATEMENT = 0.01
"""Seconds of a guarded statement, whatever the size of its table."""
CONCURRENT = 0.2
"""Seconds of a CREATE INDEX CONCURRENTLY with its guards, whatever the size of its table."""
PROBE = 0.13
"""Seconds of the probe where these rates were measured, by bench/adopt.py."""
_PROBE = text("SELECT count(md5(n::text)) FROM generate_series(1, 100000) AS n")


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
    sizes = {(row[0], row[1]): (row[2], row[3]) for row in look.connection.execute(_SIZES)}
    slow = _slowness(look)
    statements = Counter[_Table]()
    written, read, built, concurrent = (Counter[_Table]() for _ in range(4))
    converted: set[_Table] = set()
    for kind, operation in _operations(look):
        if operation.table is None:
            continue
        table = (operation.table[0] or look.sides.metadata.default_schema, operation.table[1])
        statements[table] += 1
        if operation.rewrites and operation.retyped is not None:
            converted.add(table)  # one statement changes the types of all columns of a table
        elif kind == "concurrent":
            concurrent[table] += operation.builds_index
        elif kind == "exclusion" or operation.builds_index:
            built[table] += 1
        else:
            written[table] += operation.rewrites
            read[table] += operation.scans
    written.update(converted)
    written.update(renewed(Future(look)))
    updated = Counter(place(values.table) for values in [*fills(look), *mends(look)])
    return [
        Work(
            ".".join(table),
            size,
            written[table] > 0,
            # an UPDATE leaves values alone that are stored out of line
            slow
            * (
                size * (written[table] / REWRITTEN + read[table] / READ + built[table] / INDEXED)
                + main * updated[table] / UPDATED
                + statements[table] * STATEMENT
            ),
            slow * (size / INDEXED + CONCURRENT) * concurrent[table],
        )
        for table, (size, main) in sorted(sizes.items())
        if statements[table] or updated[table]
    ]


def _operations(look: Look) -> Iterator[tuple[str, Operation]]:
    """The operations, each with the way in which it is executed."""
    ways: dict[str, list[MigrateOperation]] = defaultdict(list)
    for directive in map(in_transaction, look.plan.operations()):
        exclusion = "exclusion" if builds_exclusion(directive) else ""
        ways["concurrent" if isinstance(directive, ConcurrentIndexOp) else exclusion].append(directive)
    return ((way, operation) for way, directives in ways.items() for operation in operations_as(directives))


def _slowness(look: Look) -> float:
    """The time of a fixed computation on this server, as a multiple of that where the rates were measured."""
    begun = time.perf_counter()
    look.connection.scalar(_PROBE)
    return (time.perf_counter() - begun) / PROBE
