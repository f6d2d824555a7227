"""What the guards of ALTER TABLE share: the plain statement, the twin, and the two sides of an alteration."""

from __future__ import annotations

import copy
from typing import Any

from alembic.ddl import base as ops
from sqlalchemy.sql.elements import quoted_name

from app_schema.ddl.column import column_query
from app_schema.ddl.guard import Guard
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.sql import plain, qualified
from app_schema.ddl.twin import Side, copied


def sql_of(construct: ops.AlterTable, *, twin: bool = False) -> str:
    """The plain statement, for the table or for its twin."""
    schema = "pg_temp" if twin else construct.schema
    if schema is not None:
        construct = copy.copy(construct)
        # a dot in it is part of the name; in a plain string Alembic takes it for a separator
        construct.schema = quoted_name(schema, quote=None)
    return plain(construct)


def on_twin(construct: ops.AlterTable, *before: str) -> Side:
    """The side of an alteration, made on a copy of the table.

    :param before: what is altered of the copy first.
    """
    table = copied(construct.table_name, construct.schema)
    first = (f"ALTER TABLE {table.twin} {change}" for change in before)
    return Side(twin=(*first, sql_of(construct, twin=True)), like=table)


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
        return Side(like=copied(construct.table_name, construct.schema))  # it is dropped, and a copy has none
    return on_twin(construct)
