"""The estimated duration of the revision, from table sizes and assumed rates."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from alembic.operations.ops import CreateIndexOp, CreateUniqueConstraintOp
from sqlalchemy import text

from app_schema.adoption.choices import MoveRows
from app_schema.adoption.future import Future
from app_schema.adoption.mend import fills, mends, place
from app_schema.adoption.order import in_transaction
from app_schema.adoption.renewal import renewed
from app_schema.adoption.superseded import SetValue
from app_schema.migrations.directives import ConcurrentIndexOp
from app_schema.migrations.operations import CreateObjectOp
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
_RATES = {"UNIQUE": INDEXED, "PRIMARY KEY": INDEXED, "EXCLUDE": 8e6, "FOREIGN KEY": 100e6}
"""Bytes a second of a table for a constraint, by its first words. An exclusion constraint inserts each row by
itself, and looks it up; a foreign key is validated by a join with the other table."""
_WHOLE = {"hnsw", "ivfflat", "gin", "gist"}
"""Access methods for values that may be stored out of line; other builds read the rows alone."""
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
    rewritten = Counter(renewed(Future(look)))
    statements, converted = Counter[_Table](), set[_Table]()
    locked, indexed = defaultdict[_Table, float](float), defaultdict[_Table, float](float)
    for build, operation in _operations(look):
        if operation.table is None:
            continue
        table = (operation.table[0] or look.sides.metadata.default_schema, operation.table[1])
        size, main = sizes.get(table, (0, 0))
        statements[table] += 1
        if operation.rewrites and operation.retyped is not None:
            converted.add(table)  # one statement changes the types of all columns of a table
        elif operation.rewrites:
            rewritten[table] += 1
        elif build is not None and build.concurrent:
            indexed[table] += CONCURRENT + (size if build.whole else main) / build.rate
        elif build is not None:
            locked[table] += (size if build.whole else main) / build.rate
        elif operation.scans:
            locked[table] += size / READ
    rewritten.update(converted)
    updated = Counter[_Table]()
    for values in [*fills(look), *mends(look)]:
        updated[place(values.table)] += 2 if _reads_another(values) else 1
    return [
        Work(
            ".".join(table),
            size,
            rewritten[table] > 0,
            # an UPDATE leaves values alone that are stored out of line
            slow
            * (
                locked[table]
                + size * rewritten[table] / REWRITTEN
                + main * updated[table] / UPDATED
                + statements[table] * STATEMENT
            ),
            slow * indexed[table],
        )
        for table, (size, main) in sorted(sizes.items())
        if statements[table] or updated[table]
    ]


class _Build(NamedTuple):
    """The build of an index or constraint: `rate` bytes a second; `whole`: also those stored out of line."""

    rate: float
    whole: bool = False
    concurrent: bool = False


def _build(directive: MigrateOperation) -> _Build | None:
    if isinstance(directive, ConcurrentIndexOp):
        return _Build(INDEXED, directive.create.kw.get("postgresql_using") in _WHOLE, concurrent=True)
    if isinstance(directive, CreateIndexOp):
        return _Build(INDEXED, directive.kw.get("postgresql_using") in _WHOLE)
    if isinstance(directive, CreateUniqueConstraintOp):
        return _Build(INDEXED)
    definition = (
        str(getattr(directive.obj, "definition", "")) if isinstance(directive, CreateObjectOp) else ""
    )
    rates = (rate for words, rate in _RATES.items() if definition.startswith(words))
    return next((_Build(rate) for rate in rates), None)


def _operations(look: Look) -> Iterator[tuple[_Build | None, Operation]]:
    """The operations, each with the build of its directive."""
    builds: dict[_Build | None, list[MigrateOperation]] = defaultdict(list)
    for directive in map(in_transaction, look.plan.operations()):
        builds[_build(directive)].append(directive)
    return (
        (build, operation) for build, directives in builds.items() for operation in operations_as(directives)
    )


def _reads_another(values: SetValue | MoveRows) -> bool:
    """True if an UPDATE looks up another table for each row."""
    return isinstance(values, SetValue) and (values.source is not None or "SELECT" in values.value.upper())


def _slowness(look: Look) -> float:
    """The time of a fixed computation on this server, as a multiple of that where the rates were measured."""
    begun = time.perf_counter()
    look.connection.scalar(_PROBE)
    return (time.perf_counter() - begun) / PROBE
