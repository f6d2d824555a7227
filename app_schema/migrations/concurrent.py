"""Indexes that are built and dropped CONCURRENTLY, outside of a transaction.

No block can contain such a statement, so a guard decides before it, and notes the decision in the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, text
from sqlalchemy.schema import CreateIndex, ExecutableDDLElement

from app_schema.ddl import Guarded, index
from app_schema.ddl.sql import qualified
from app_schema.events import say
from app_schema.migrations.partitioned import build, is_partitioned
from app_schema.migrations.sending import Sender, send

if TYPE_CHECKING:
    from alembic.operations import Operations

    from app_schema.migrations.foresight import Foresight

_NOT_CONCURRENTLY = (
    "index {name} is built without CONCURRENTLY in this script: a later revision drops or renames the index, "
    "its column or its table, and a second run of the script could not skip the statement. A script for each "
    "revision builds it CONCURRENTLY."
)
IS_NOTED = text(
    f"SELECT coalesce(current_setting('{index.CONCURRENTLY}', true), '') <> '', "
    f"set_config('{index.CONCURRENTLY}', '', false)"
)
"""Query: whether the guard has found the statement after it to be necessary."""


def create(operations: Operations | Sender, built: Index, *, as_sql: bool) -> None:
    """Builds an index; drops the INVALID index of an interrupted build first."""
    assert built.table is not None
    name, table, schema = index.name_of(built), built.table.name, built.table.schema
    foresight: Foresight | None = getattr(operations.impl, "foresight", None)
    if as_sql and foresight is not None and foresight.is_absent_later(index.CreateConcurrently(built)):
        say(_NOT_CONCURRENTLY.format(name=name))
        send(operations, CreateIndex(built))
        return
    if as_sql:
        # a script cannot query: a block drops an INVALID index
        send(operations, Guarded(index.drop_leftover(name, table, schema)))
    elif is_partitioned(operations, table, schema):
        build(operations, built)
        return
    else:
        place = {"name": name, "table": table, "schema": schema, "quoted": qualified(table, None)}
        invalid = send(operations, text(index.INVALID), **place)
        for invalid_index in invalid.scalars().all() if invalid is not None else ():
            send(operations, Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(invalid_index, schema)}"))
    if _is_needed(operations, index.CreateConcurrently(built)):
        send(operations, Guarded(index.concurrently(built)))


def drop(operations: Operations | Sender, dropped: Index) -> None:
    """Drops an index, valid or INVALID; does nothing if it is absent."""
    if _is_needed(operations, index.DropConcurrently(dropped)):
        place = qualified(index.name_of(dropped), index.stated_table(dropped)[1])
        send(operations, Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {place}"))


def _is_needed(operations: Operations | Sender, guard: ExecutableDDLElement) -> bool:
    """Sends the guard; a script sends in any case what follows it."""
    send(operations, guard)
    noted = send(operations, IS_NOTED)
    return noted is None or bool(noted.scalar())
