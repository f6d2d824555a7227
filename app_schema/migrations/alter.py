"""The guards of Alembic's ALTER TABLE constructs: columns and renames.

A column in the new state is kept, a column in the stated old state (``existing_type=``,
``existing_server_default=``) is altered, and any other column is refused. Without a stated old state any
column is altered.
"""

from __future__ import annotations

from typing import Any

from alembic.ddl import base as ops
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import Column
from sqlalchemy import types as sa_types
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl import privileges
from app_schema.ddl.column import DEFAULT, NOT_NULL, column_query
from app_schema.ddl.comment import column_comment
from app_schema.ddl.construct import converging, creation
from app_schema.ddl.guard import Guard
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.relation import KIND_OF_NAME
from app_schema.ddl.rename import rename
from app_schema.ddl.sql import checked, ident, literal, qualified
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side
from app_schema.migrations import alter_generated, alter_type
from app_schema.migrations.altering import alteration, on_twin, sql_of


def relax(construct: ops.AlterColumn) -> None:
    """Lets the construct alter a column that differs from its ``existing_...`` arguments.

    On PostgreSQL Alembic ignores these arguments, so many lineages contain wrong ones.
    """
    construct.__dict__["app_schema_lenient"] = True


@creation.register
def _(construct: ops.AddColumn) -> tuple[str, ...]:
    table, schema, column = construct.table_name, construct.schema, construct.column
    for name in (table, column.name):
        checked(name)
    construct.if_not_exists = None
    return (sql_of(construct), *_with_sequence(table, column, schema))


@converging.register
def _(construct: ops.AddColumn) -> ExecutableDDLElement:
    table, schema, column = construct.table_name, construct.schema, construct.column
    return Guarded(
        Guard(
            label=f"column {column.name} of {qualified(table, schema)}",
            namespace=table_schema(table, schema),
            definition=column_query(table, column.name),
            exists=column_query(table, column.name, "''::text"),  # planning the definition takes 2 ms
            new=on_twin(construct, f"DROP COLUMN IF EXISTS {ident(column.name)} CASCADE"),
            absent=creation(construct),
            remedy=f'op.alter_column("{table}", "{column.name}", ...) changes the existing column',
        )
    )


def _with_sequence(table: str, column: Column[Any], schema: str | None) -> tuple[str, ...]:
    serial = isinstance(column.type, sa_types.Integer) and column.autoincrement is True
    return (privileges.of_column(table, column.name, schema),) if column.identity or serial else ()


@converging.register
def _(construct: ops.DropColumn) -> ExecutableDDLElement:
    table, column, schema = construct.table_name, construct.column.name, construct.schema
    construct.if_exists = None
    exists = column_query(table, column, "'column'::text")
    label = f"column {column} of {qualified(table, schema)}"
    return Guarded(drop(label, table_schema(table, schema), exists, "column", (sql_of(construct),)))


@converging.register
def _(construct: ops.ColumnNullable) -> ExecutableDDLElement:
    expression = f"coalesce(nullif(ltrim({NOT_NULL}), ''), 'NULL')"
    return Guarded(
        alteration(construct, expression, Side(value="'NULL'" if construct.nullable else "'NOT NULL'"))
    )


@converging.register
def _(construct: ops.ColumnDefault) -> ExecutableDDLElement:
    table, schema = construct.table_name, construct.schema

    def side(default: Any) -> Side:
        if default is None or default is False:
            return Side(value="''")
        return on_twin(ops.ColumnDefault(table, construct.column_name, default, schema=schema))

    old: Any = construct.existing_server_default  # False, against its type, if the caller states none
    stated = old is not None and old is not False
    return Guarded(alteration(construct, DEFAULT, side(construct.default), side(old) if stated else None))


@converging.register
def _(construct: ops.ColumnComment) -> ExecutableDDLElement:
    return column_comment(construct.table_name, construct.column_name, construct.schema, construct.comment)


@converging.register
def _(construct: ops.ColumnName) -> ExecutableDDLElement:
    table, old, new = construct.table_name, construct.column_name, construct.newname
    old_kind, new_kind = (column_query(table, name, "'column'::text") for name in (old, new))
    label = f"column {old} of {qualified(table, construct.schema)}"
    return Guarded(
        rename(
            label,
            new,
            kind="column",
            namespace=table_schema(table, construct.schema),
            old_kind=old_kind,
            new_kind=new_kind,
            statement=sql_of(construct),
        )
    )


@converging.register
def _(construct: ops.RenameTable) -> ExecutableDDLElement:
    old, new, schema = construct.table_name, construct.new_table_name, construct.schema
    # without a schema: look both names up, because the table may be renamed already
    namespace = f"coalesce({table_schema(old, schema)}, {table_schema(str(new), schema)})"
    old_kind, new_kind = (KIND_OF_NAME.format(name=literal(checked(str(name)))) for name in (old, new))
    return Guarded(
        rename(
            f"table {qualified(old, schema)}",
            str(new),
            kind="table",
            namespace=namespace,
            old_kind=old_kind,
            new_kind=new_kind,
            statement=sql_of(construct),
        )
    )


converging.register(ops.ComputedColumnDefault, alter_generated.computed)
converging.register(ops.IdentityColumnDefault, alter_generated.identity)
converging.register(ops.ColumnType, alter_type.column_type)
converging.register(PostgresqlColumnType, alter_type.column_type)
converging.register(alter_type.AlterTypes, alter_type.column_types)
