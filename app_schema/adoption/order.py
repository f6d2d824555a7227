"""The order of the operations of the revision: what rows may violate stands before the first COMMIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.ops import AddColumnOp, AddConstraintOp, CreateIndexOp, CreateTableOp

from app_schema.adoption.future import Future
from app_schema.adoption.mend import after, before, begin, keep_dropped, unwritable
from app_schema.adoption.narrowing import refusals
from app_schema.adoption.renewal import renewals
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp, UnwritableOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from app_schema.adoption.look import Look


def in_order(operations: list[MigrateOperation], look: Look) -> list[MigrateOperation]:
    """The operations and the data statements.

    Rows change after the superseded objects are dropped, new columns are filled before the new constraints
    are added, and indexes are built CONCURRENTLY at the end.
    """
    future = Future(look)
    operations = [in_transaction(operation) for operation in operations]
    loosened = [
        operation
        for operation in operations
        if isinstance(operation, CallOp) and operation.kwargs.get("nullable") is True
    ]
    notes = unwritable(look, operations)
    planned = [
        operation
        for operation in operations
        if operation not in loosened and (not isinstance(operation, UnwritableOp) or operation in notes)
    ]
    changes = (CreateObjectOp, CreateTableOp, AddColumnOp, RetypeOp)
    first = next(
        (number for number, operation in enumerate(planned) if isinstance(operation, changes)), len(planned)
    )
    columns = [number for number, operation in enumerate(planned) if _is_before_constraints(operation)]
    last = max([first, *(number + 1 for number in columns)])
    mended = [*loosened, *before(look), *renewals(future), *refusals(future)]
    return _rules_first(
        [
            begin(look),
            *keep_dropped(look),
            *planned[:first],
            *mended,
            *planned[first:last],
            *after(look),
            *planned[last:],
        ]
    )


def in_transaction(operation: MigrateOperation) -> MigrateOperation:
    """A unique index is built in the transaction, which locks its table anyway: afterwards other sessions may
    write duplicates."""
    if isinstance(operation, ConcurrentIndexOp) and operation.create.unique and not operation.completes:
        return operation.create
    return operation


def _rules_first(operations: list[MigrateOperation]) -> list[MigrateOperation]:
    """Moves the rules that follow a COMMIT before the first one."""
    first = next((n for n, operation in enumerate(operations) if _commits(operation)), len(operations))
    later = operations[first:]
    rules = [operation for operation in later if _is_rule(operation)]
    return [*operations[:first], *rules, *(operation for operation in later if operation not in rules)]


def _commits(operation: MigrateOperation) -> bool:
    by_name = isinstance(operation, CallOp) and operation.name == "drop_index_concurrently"
    return by_name or isinstance(operation, ConcurrentIndexOp)


def _is_rule(operation: MigrateOperation) -> bool:
    """True for a unique index and for a constraint, with its validation."""
    if isinstance(operation, CreateObjectOp):
        return operation.obj.kind == "table_constraint"
    if isinstance(operation, CreateIndexOp):
        return bool(operation.unique)
    by_name = isinstance(operation, CallOp) and operation.name == "validate_constraint"
    return by_name or isinstance(operation, AddConstraintOp)


def _is_before_constraints(operation: MigrateOperation) -> bool:
    """True for a new type or column, except a generated column."""
    if isinstance(operation, AddColumnOp):
        return operation.column.computed is None
    return isinstance(operation, RetypeOp)
