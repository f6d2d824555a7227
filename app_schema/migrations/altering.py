"""What the guards of ALTER TABLE share: the plain statement, the twin, and the two sides of an alteration."""

from __future__ import annotations

from typing import Any

from alembic.ddl import base as ops
from sqlalchemy.sql.elements import quoted_name

from app_schema.ddl.column import column_query
from app_schema.ddl.guard import Guard
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.sql import plain, qualified
from app_schema.ddl.twin import Side


def sql_of(construct: ops.AlterTable) -> str:
    """The plain statement."""
    if construct.schema is not None:
        # a dot in it is part of the name; in a plain string Alembic takes it for a separator
        construct.schema = quoted_name(construct.schema, quote=None)
    return plain(construct)


def twin(table: str, schema: str | None, *changes: str) -> Side:
    """A twin like the table, after these changes to it (``{twin}`` is its name)."""
    twin = qualified(table, "pg_temp")
    return Side(
        twin=(
            f"CREATE TABLE {twin} (LIKE {qualified(table, schema)})",
            *(f"ALTER TABLE {twin} {change}" for change in changes),
        )
    )


def change_of(construct: ops.AlterTable, statement: str) -> str:
    """What follows the table's name in an ALTER TABLE statement."""
    return statement.replace(f"ALTER TABLE {qualified(construct.table_name, construct.schema)} ", "", 1)


def alteration(construct: ops.AlterColumn, expression: str, new: Side, old: Side | None = None) -> Guard:
    table, column, schema = construct.table_name, construct.column_name, construct.schema
    label = f"column {column} of {qualified(table, schema)}"
    return Guard(
        label=label,
        namespace=table_schema(table, schema),
        definition=column_query(table, column, expression),
        new=new,
        old=old,
        absent=None,
        different=(sql_of(construct),),
        remedy="leave out the existing_... argument if whatever is there may be altered",
        noted=f"{label} is altered, though it is not what existing_... says" if is_lenient(construct) else "",
    )


def is_lenient(construct: ops.AlterColumn) -> bool:
    """True where ``existing_...`` arguments may be wrong."""
    return "app_schema_lenient" in construct.__dict__


def after(construct: Any) -> Side:
    """The side of an alteration, made on a twin of the table."""
    if isinstance(construct, ops.IdentityColumnDefault):
        return twin(construct.table_name, construct.schema)  # it is dropped, and a copy has none
    return twin(construct.table_name, construct.schema, change_of(construct, sql_of(construct)))
