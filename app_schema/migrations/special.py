"""The operations that one kind alone has."""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from alembic.operations.ops import CreateIndexOp
from sqlalchemy import text

from app_schema.ddl import Guarded, index
from app_schema.ddl.constraint import validate
from app_schema.ddl.enum import add_value, rename_value
from app_schema.ddl.sql import qualified
from app_schema.migrations.once import once, undo


def add_enum_value(
    self: Operations,
    name: str,
    value: str,
    *,
    before: str | None = None,
    after: str | None = None,
    schema: str | None = None,
) -> None:
    """Adds a label to an enum, at the end or beside another one.

    What the revision did so far is committed first, and so is the value: PostgreSQL does not let a new value be used in
    the transaction that adds it.
    """
    with self.get_context().autocommit_block():
        self.impl._exec(Guarded(add_value(name, value, before=before, after=after, schema=schema)))  # noqa: SLF001


def rename_enum_value(self: Operations, name: str, old: str, new: str, *, schema: str | None = None) -> None:
    """Renames a label: old there and new not."""
    self.impl._exec(Guarded(rename_value(name, old, new, schema=schema)))  # noqa: SLF001


def validate_constraint(self: Operations, name: str, table: str, *, schema: str | None = None) -> None:
    """Validates a constraint that was made NOT VALID. Reads the table under SHARE UPDATE EXCLUSIVE, which blocks no writer."""
    self.impl._exec(Guarded(validate(name, table, schema)))  # noqa: SLF001


def create_index_concurrently(
    self: Operations,
    name: str,
    table: str,
    columns: list[Any],
    *,
    unique: bool = False,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Builds an index without blocking writers. What an interrupted build left behind (INVALID) is dropped first.

    What the revision did so far is committed first: CONCURRENTLY cannot run in a transaction. Other arguments as of
    ``op.create_index``.
    """
    built = CreateIndexOp(name, table, columns, schema=schema, unique=unique, **kw).to_index(
        self.get_context()
    )
    index.name_of(built)
    with self.get_context().autocommit_block():
        if self.get_context().as_sql:
            # a script cannot look and then choose: the leftover goes in a block, then the name says "absent or equal"
            self.impl._exec(Guarded(index.drop_leftover(name, table, schema)))  # noqa: SLF001
        else:
            state = self.impl._exec(text(index.STATE), params=index.state_of(name, table, schema))  # noqa: SLF001
            found = state.scalar() if state is not None else None
            if found == "invalid":
                self.impl._exec(text(f"DROP INDEX CONCURRENTLY {qualified(name, schema)}"))  # noqa: SLF001
        self.impl._exec(Guarded(index.create(built, verify_only=True)))  # noqa: SLF001
        if self.get_context().as_sql or found != "valid":
            self.impl._exec(Guarded(index.concurrently(built)))  # noqa: SLF001


def drop_index_concurrently(
    self: Operations, name: str, table: str | None = None, *, schema: str | None = None
) -> None:
    """Drops an index, valid or not, without blocking writers; nothing where it is absent."""
    with self.get_context().autocommit_block():
        if not self.get_context().as_sql:
            state = self.impl._exec(text(index.STATE), params=index.state_of(name, table, schema))  # noqa: SLF001
            if state is None or state.scalar() is None:
                return
        self.impl._exec(Guarded(f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(name, schema)}"))  # noqa: SLF001


def run_once(self: Operations, key: str, sql: str) -> None:
    """Carries out one data statement and records its key, in one statement: it is done once, however often it is run.

    :raises DifferentError: where the key is recorded with another statement.
    """
    self.impl._exec(Guarded(once(key, sql)))  # noqa: SLF001


def undo_once(self: Operations, key: str, sql: str | None = None) -> None:
    """Takes ``run_once`` back in a downgrade: carries out ``sql`` where the key is recorded, and forgets the key."""
    self.impl._exec(Guarded(undo(key, sql)))  # noqa: SLF001


OPERATIONS = (
    add_enum_value,
    rename_enum_value,
    validate_constraint,
    create_index_concurrently,
    drop_index_concurrently,
    run_once,
    undo_once,
)
