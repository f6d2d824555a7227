"""For the guards of ALTER TABLE: the unguarded statement, the twin, and the guard of an alteration."""

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
    """The unguarded statement, for the table or its twin."""
    schema = "pg_temp" if twin else construct.schema
    if schema is not None:
        construct = copy.copy(construct)
        # Alembic splits a plain string at a dot, which may be a part of the name
        construct.schema = quoted_name(schema, quote=None)
    return plain(construct)


def on_twin(construct: ops.AlterTable, *before: str) -> Side:
    """The side of an alteration: the statement on a copy of the table.

    :param before: actions of ALTER TABLE on the copy, before the statement.
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
        remedy="to alter any column, omit the existing_... argument",
        noted=f"{label} is altered, though its existing_... arguments differ"
        if is_lenient(construct)
        else "",
    )


def is_lenient(construct: ops.AlterColumn) -> bool:
    """True if the ``existing_...`` arguments may be wrong."""
    return "app_schema_lenient" in construct.__dict__


def after(construct: Any) -> Side:
    """The side of an alteration, on a twin of the table."""
    if isinstance(construct, ops.IdentityColumnDefault):
        return Side(like=copied(construct.table_name, construct.schema))  # DROP IDENTITY: LIKE copies none
    return on_twin(construct)
