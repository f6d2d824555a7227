"""How long the revision takes, by the sizes of the tables and rates that are assumed, not measured."""

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
"""Bytes a second of a table that is written anew, by a new type or by the values of a new column."""
READ = 400e6
"""Bytes a second of a table that is read to validate a constraint."""
INDEXED = 100e6
"""Bytes a second of a table of which an index is built."""


@dataclass(frozen=True)
class Work:
    """The work of the revision on one table; `locked` and `indexed` are estimated seconds."""

    table: str
    bytes: int
    rewritten: bool
    locked: float
    indexed: float


def work(look: Look) -> list[Work]:
    """The work on each table that is there and changes."""
    sizes = {(row[0], row[1]): row[2] for row in look.connection.execute(_SIZES)}
    written: dict[Table, int] = {}
    read: dict[Table, int] = {}
    built: dict[Table, int] = {}
    anew: set[Table] = set()
    for operation in look.plan.operations():
        table = _table(operation)
        if table not in sizes:
            continue
        if _rewrites(operation):
            written[table] = written.get(table, 0) + 1
            anew.add(table)
        elif _validates(operation):
            read[table] = read.get(table, 0) + 1
        elif isinstance(operation, (ConcurrentIndexOp, CreateIndexOp)) or _is_index(operation):
            built[table] = built.get(table, 0) + 1
        else:
            read.setdefault(table, 0)
    for one in [*fills(look), *mends(look)]:
        written[place(one.table)] = written.get(place(one.table), 0) + 1
    return [
        Work(
            ".".join(table),
            sizes[table],
            table in anew,
            sizes[table] * (written.get(table, 0) / REWRITTEN + read.get(table, 0) / READ),
            sizes[table] * built.get(table, 0) / INDEXED,
        )
        for table in sorted(written.keys() | read.keys() | built.keys())
    ]


def _table(operation: object) -> Table:
    for one in (operation, getattr(operation, "create", None), getattr(operation, "obj", None)):
        name = getattr(one, "table_name", None) or getattr(one, "table", None)
        if isinstance(name, str):
            return (getattr(one, "schema", None) or "public", name)
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
        one.using is None or not one.using.endswith(f"AT TIME ZONE '{UTC}'") for one in operation.columns
    )


def _validates(operation: object) -> bool:
    return isinstance(operation, CallOp) and operation.name == "validate_constraint"


def _is_index(operation: object) -> bool:
    return isinstance(operation, CreateObjectOp) and operation.obj.kind == "index"
