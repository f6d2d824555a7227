"""The operation that would send a statement: of a batch, an operation of the project, or ``op.execute``."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from alembic.ddl import base
from alembic.ddl.postgresql import PostgresqlColumnType
from alembic.operations import MigrateOperation, ops
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropConstraint, DropIndex, DropTable

from app_schema.ddl import Create, Drop, Replace
from app_schema.migrations.alter_type import AlterTypes
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp


def operations_for(construct: Any) -> list[MigrateOperation]:
    """One for each change of the statement; `ops.ExecuteSQLOp` where only its author knows what it does."""
    changes = construct.changes if isinstance(construct, AlterTypes) else [construct]
    return [_operation(change) for change in changes]


@singledispatch
def _operation(construct: Any) -> MigrateOperation:
    return ops.ExecuteSQLOp(construct)


@_operation.register
def _(construct: CreateTable) -> MigrateOperation:
    return ops.CreateTableOp.from_table(construct.element)


@_operation.register
def _(construct: DropTable) -> MigrateOperation:
    return ops.DropTableOp(construct.element.name, schema=construct.element.schema)


@_operation.register
def _(construct: CreateIndex) -> MigrateOperation:
    return ops.CreateIndexOp.from_index(construct.element)


@_operation.register
def _(construct: DropIndex) -> MigrateOperation:
    return ops.DropIndexOp.from_index(construct.element)


@_operation.register
def _(construct: AddConstraint) -> MigrateOperation:
    return ops.AddConstraintOp.from_constraint(construct.element)


@_operation.register
def _(construct: DropConstraint) -> MigrateOperation:
    return ops.DropConstraintOp.from_constraint(construct.element)


@_operation.register
def _(construct: base.AddColumn) -> MigrateOperation:
    return ops.AddColumnOp(construct.table_name, construct.column, schema=construct.schema)


@_operation.register
def _(construct: base.DropColumn) -> MigrateOperation:
    return ops.DropColumnOp(construct.table_name, str(construct.column.name), schema=construct.schema)


@_operation.register
def _(construct: base.RenameTable) -> MigrateOperation:
    return ops.RenameTableOp(construct.table_name, construct.new_table_name, schema=construct.schema)


@_operation.register
def _(construct: base.AlterColumn) -> MigrateOperation:
    changed: dict[str, Any] = {}
    if isinstance(construct, base.ColumnType | PostgresqlColumnType):
        using = getattr(construct, "using", None)
        changed = {"modify_type": construct.type_, "postgresql_using": using}
    elif isinstance(construct, base.ColumnName):
        changed = {"modify_name": construct.newname}
    elif isinstance(construct, base.ColumnNullable):
        changed = {"modify_nullable": construct.nullable}
    return ops.AlterColumnOp(
        construct.table_name,
        construct.column_name,
        schema=construct.schema,
        existing_type=construct.existing_type,
        **changed,
    )


@_operation.register
def _(construct: Create) -> MigrateOperation:
    return CreateObjectOp(construct.element)


@_operation.register
def _(construct: Drop) -> MigrateOperation:
    return DropObjectOp(construct.element, recreated=construct.recreated)


@_operation.register
def _(construct: Replace) -> MigrateOperation:
    return ReplaceObjectOp(construct.element, construct.old)
