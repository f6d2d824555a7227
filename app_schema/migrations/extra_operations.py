"""Operations that exist for a single kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from alembic.ddl.postgresql import PostgresqlColumnType
from alembic.operations import Operations
from alembic.operations.ops import CreateIndexOp, DropIndexOp
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlalchemy.types import to_instance

from app_schema.ddl import Guarded, index, rename
from app_schema.ddl.comment import object_comment
from app_schema.ddl.constraint import validate
from app_schema.ddl.enum import add_value, rename_value
from app_schema.ddl.sequence import advance
from app_schema.ddl.sql import shortened
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations import concurrent
from app_schema.migrations.alter_type import AlterTypes
from app_schema.migrations.once import once, undo
from app_schema.migrations.partitioned import is_partitioned
from app_schema.migrations.sending import send
from app_schema.migrations.translate import map_of


def add_enum_value(
    self: Operations,
    name: str,
    value: str,
    *,
    before: str | None = None,
    after: str | None = None,
    schema: str | None = None,
) -> None:
    """Adds a label to an enum, at the end or next to another label.

    Commits the earlier statements of the revision, and then the new label: PostgreSQL refuses to use a new
    label in the transaction that adds it.
    """
    with self.get_context().autocommit_block():
        change = Labelling(schema, name, value, before, after)
        send(self, Guarded(add_value(name, value, before=before, after=after, schema=schema), change))


def rename_enum_value(self: Operations, name: str, old: str, new: str, *, schema: str | None = None) -> None:
    """Renames a label if the old label exists and the new label does not."""
    change = Labelling(schema, name, new, instead_of=old)
    send(self, Guarded(rename_value(name, old, new, schema=schema), change))


def rename_constraint(self: Operations, old: str, new: str, table: str, *, schema: str | None = None) -> None:
    """Renames a constraint, and the index of a key. Changes only the catalog."""
    change = Renaming("constraint", schema, table, old, new)
    send(self, Guarded(rename.rename_constraint(old, new, table, schema), change))


def rename_index(
    self: Operations, old: str, new: str, table: str | None = None, *, schema: str | None = None
) -> None:
    """Renames an index that belongs to no constraint. Changes only the catalog."""
    change = Renaming("index", schema, table, old, new)
    send(self, Guarded(rename.rename_index(old, new, table, schema), change))


def rename_sequence(self: Operations, old: str, new: str, *, schema: str | None = None) -> None:
    """Renames a sequence. The value and dependent defaults are kept."""
    change = Renaming("sequence", schema, None, old, new)
    send(self, Guarded(rename.rename_sequence(old, new, schema), change))


def rename_enum(self: Operations, old: str, new: str, *, schema: str | None = None) -> None:
    """Renames an enum. Columns and other objects keep the type."""
    change = Renaming("enum", schema, None, old, new)
    send(self, Guarded(rename.rename_enum(old, new, schema), change))


def rename_object(
    self: Operations, kind: str, old: str, new: str, *, table: str | None = None, schema: str | None = None
) -> None:
    """Renames a view, function, trigger, policy, domain, or another object that a comment can be on."""
    send(self, Guarded(rename.rename_object(kind, old, new, table, schema), names=_names(old, new, table)))


def comment_on(
    self: Operations,
    kind: str,
    name: str,
    comment: str | None,
    *,
    table: str | None = None,
    schema: str | None = None,
) -> None:
    """Sets the comment of a constraint, trigger, policy, index, function, type, …; None drops it."""
    send(self, object_comment(kind, name, comment, table, schema))


def advance_sequence(self: Operations, table: str, column: str, *, schema: str | None = None) -> None:
    """Sets the sequence of a column past the existing values; never decreases the sequence.

    Reads the greatest value, which is fast if the column is the first of an index.
    """
    send(self, Guarded(advance(table, column, schema), names=(table, column)))


def alter_table(self: Operations, table: str, action: str, *, schema: str | None = None) -> None:
    """``ALTER TABLE table action`` for what no metadata declares: ``REPLICA IDENTITY FULL``, ``CLUSTER ON``

    Does nothing if the option is set already. Refuses any other action.
    """
    from app_schema.ddl import option  # few revisions alter one

    send(self, Guarded(option.alter(table, action, schema), names=_names(table, action)))


def alter_column_types(
    self: Operations,
    table: str,
    types: Mapping[str, Any],
    *,
    existing: Mapping[str, Any] | None = None,
    using: Mapping[str, str] | None = None,
    schema: str | None = None,
) -> None:
    """Changes the types of several columns in one ALTER TABLE, which rewrites the table at most once.

    :param types: column -> new type.
    :param existing: column -> the only type that may be converted.
    :param using: column -> USING expression.
    """
    changes = [
        PostgresqlColumnType(
            table,
            column,
            to_instance(type_),
            schema=schema,
            existing_type=(existing or {}).get(column),
            using=(using or {}).get(column),
        )
        for column, type_ in types.items()
    ]
    send(self, AlterTypes(table, schema, changes))


def validate_constraint(self: Operations, name: str, table: str, *, schema: str | None = None) -> None:
    """Validates a constraint that was created NOT VALID.

    Reads the table under SHARE UPDATE EXCLUSIVE, which blocks no writer.
    """
    send(self, Guarded(validate(name, table, schema), names=(name, table)))


def create_index_concurrently(
    self: Operations,
    name: str,
    table: str,
    columns: list[Any],
    *,
    unique: bool = False,
    partitioned: bool = False,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Builds an index without blocking writers. Drops the INVALID index of an interrupted build first.

    Commits the earlier statements of the revision, because CONCURRENTLY cannot run in a transaction. On a
    table that this run has created, the index is built in the transaction, because no other session uses the
    table. On a partitioned table it is built partition by partition. Other arguments as in
    ``op.create_index``.

    :param partitioned: for ``--sql``, which cannot query: the table has partitions, so the script builds the
        index in one statement, which blocks writers.
    """
    kw.pop("postgresql_concurrently", None)  # implied
    op = CreateIndexOp(name, table, columns, schema=schema, unique=unique, **kw)
    built = index.with_included(op.to_index(self.get_context()))
    index.name_of(built)
    as_sql = self.get_context().as_sql
    if (as_sql and partitioned) or _created_here(self, table, schema):
        send(self, CreateIndex(built))
        return
    with self.get_context().autocommit_block():
        concurrent.create(self, built, as_sql=as_sql)


def drop_index_concurrently(
    self: Operations,
    name: str,
    table: str | None = None,
    *,
    partitioned: bool = False,
    schema: str | None = None,
) -> None:
    """Drops an index, valid or INVALID, without blocking writers; does nothing if it is absent.

    The index of a partitioned table is dropped in one blocking statement: PostgreSQL cannot drop it
    CONCURRENTLY.
    """
    dropped = DropIndexOp(name, table, schema=schema).to_index(self.get_context())
    if (
        partitioned
        or _created_here(self, table, schema)
        or (not self.get_context().as_sql and is_partitioned(self, name, schema))
    ):
        send(self, DropIndex(dropped))
        return
    with self.get_context().autocommit_block():
        concurrent.drop(self, dropped)


def _created_here(self: Operations, table: str | None, schema: str | None) -> bool:
    """True if this run has created the table. After a refusal the index may be INVALID, so then False."""
    state = getattr(self.impl, "state", None)
    return state is not None and not state.current.foresees and (schema, table) in state.created


def _names(*words: str | None) -> tuple[str, ...]:
    return tuple(name for word in words if word for name in re.findall(r"\w+", word))


def run_once(self: Operations, key: str, sql: str) -> None:
    """Executes a data statement and records its key, in one statement.

    A recorded key is not executed again, however often the revision runs.

    :raises DifferentError: if the key is recorded with another statement.
    """
    send(self, Guarded(once(key, sql, _version_schema(self)), runs=sql))


def undo_once(self: Operations, key: str, sql: str | None = None) -> None:
    """Reverts ``run_once``: executes ``sql`` if the key is recorded, and deletes the key."""
    send(self, Guarded(undo(key, sql, _version_schema(self)), runs=sql or ""))


def lock_unchanged(self: Operations, key: str, tables: Sequence[tuple[str, str]], digest: str) -> None:
    """Locks tables in ACCESS EXCLUSIVE mode, if the objects that act on them still have this digest.

    One statement, which also records the key, as ``run_once`` does; ``undo_once`` deletes the key.

    :param tables: schema and name of each, in the order of the locks; absent ones are skipped.
    :raises DifferentError: if an object was created, changed or dropped since.
    """
    from app_schema.migrations import unchanged  # imports the snapshot of the catalog

    send(self, Guarded(unchanged.lock_unchanged(key, tables, digest, _version_schema(self))))


def _version_schema(operations: Operations) -> str | None:
    context = operations.get_context()
    return map_of(context.connection).get(context.version_table_schema, context.version_table_schema)


_OPERATIONS: tuple[Callable[..., None], ...] = (
    add_enum_value,
    rename_enum_value,
    rename_constraint,
    rename_index,
    rename_sequence,
    rename_enum,
    rename_object,
    comment_on,
    advance_sequence,
    alter_table,
    alter_column_types,
    validate_constraint,
    create_index_concurrently,
    drop_index_concurrently,
    run_once,
    undo_once,
    lock_unchanged,
)


def _with_short_names(operation: Callable[..., None]) -> Callable[..., None]:
    @wraps(operation)
    def shorten(self: Operations, /, *args: Any, **kwargs: Any) -> None:
        short = {name: shortened(value) for name, value in kwargs.items()}
        operation(self, *map(shortened, args), **short)

    return shorten


OPERATIONS = tuple(_with_short_names(operation) for operation in _OPERATIONS)
"""The operations; a name by ``op.f()`` that is too long is shortened, as in Alembic's operations."""
