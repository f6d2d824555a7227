"""The estimated duration of the revision, from table sizes and assumed rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations.ops import AddColumnOp, CreateIndexOp
from sqlalchemy import text

from app_schema.adoption.mend import fills, mends, place
from app_schema.catalog.cast import UTC
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

Table = tuple[str, str]
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
    written: dict[Table, int] = {}
    read: dict[Table, int] = {}
    built: dict[Table, int] = {}
    rewritten: set[Table] = set()
    for operation in look.plan.operations():
        table = _table(operation)
        if table not in sizes:
            continue
        if _rewrites(operation):
            written[table] = written.get(table, 0) + 1
            rewritten.add(table)
        elif _validates(operation):
            read[table] = read.get(table, 0) + 1
        elif isinstance(operation, (ConcurrentIndexOp, CreateIndexOp)) or _is_index(operation):
            built[table] = built.get(table, 0) + 1
        else:
            read.setdefault(table, 0)
    for choice in [*fills(look), *mends(look)]:
        written[place(choice.table)] = written.get(place(choice.table), 0) + 1
    return [
        Work(
            ".".join(table),
            sizes[table],
            table in rewritten,
            sizes[table] * (written.get(table, 0) / REWRITTEN + read.get(table, 0) / READ),
            sizes[table] * built.get(table, 0) / INDEXED,
        )
        for table in sorted(written.keys() | read.keys() | built.keys())
    ]


def _table(operation: object) -> Table:
    for holder in (operation, getattr(operation, "create", None), getattr(operation, "obj", None)):
        name = getattr(holder, "table_name", None) or getattr(holder, "table", None)
        if isinstance(name, str):
            return (getattr(holder, "schema", None) or "public", name)
    if isinstance(operation, CallOp):
        return (
            operation.kwargs.get("schema") or "public",
            str(operation.kwargs.get("table", operation.args[0])),
        )
    return ("", "")


def _rewrites(operation: object) -> bool:
    if isinstance(operation, AddColumnOp):
        return operation.column.computed is not None
    return isinstance(operation, RetypeOp) and any(
        column.using is None or not column.using.endswith(f"AT TIME ZONE '{UTC}'")
        for column in operation.columns
    )


def _validates(operation: object) -> bool:
    return isinstance(operation, CallOp) and operation.name == "validate_constraint"


def _is_index(operation: object) -> bool:
    return isinstance(operation, CreateObjectOp) and operation.obj.kind == "index"
