"""Indexes that are built and dropped CONCURRENTLY, outside of a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, text

from app_schema.ddl import Guarded, index
from app_schema.ddl.sql import qualified
from app_schema.migrations.partitioned import build, is_partitioned
from app_schema.migrations.sending import Sender, send

if TYPE_CHECKING:
    from alembic.operations import Operations


def create(operations: Operations | Sender, built: Index, *, as_sql: bool) -> None:
    """Builds an index; drops the INVALID index of an interrupted build first."""
    assert built.table is not None
    name, table, schema = index.name_of(built), built.table.name, built.table.schema
    found = None
    if as_sql:
        # a script cannot query: a block drops an INVALID index
        send(operations, Guarded(index.drop_leftover(name, table, schema)))
    elif is_partitioned(operations, table, schema):
        build(operations, built)
        return
    else:
        parameters = index.state_of(name, table, schema)
        left = send(operations, text(index.LEFTOVERS), **{**parameters, "quoted": qualified(table, None)})
        for leftover in left.scalars().all() if left is not None else ():
            send(operations, Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(leftover, schema)}"))
        state = send(operations, text(index.STATE), **parameters)
        found = state.scalar() if state is not None else None
        if found == "invalid":
            send(operations, Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(name, schema)}"))
    send(operations, Guarded(index.create(built, verify_only=True)))
    if found != "valid":
        send(operations, Guarded(index.concurrently(built)))


def drop(
    operations: Operations | Sender, name: str, table: str | None, schema: str | None, *, as_sql: bool
) -> None:
    """Drops an index, valid or INVALID; does nothing if it is absent."""
    if not as_sql:
        state = send(operations, text(index.STATE), **index.state_of(name, table, schema))
        if state is None or state.scalar() is None:
            return
    send(operations, Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(name, schema)}"))
