"""The directives of a generated revision for which Alembic has no class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import CreateIndexOp, CreateTableOp, DropTableOp, ModifyTableOps

from app_schema.ddl.sql import shortened


class CallOp(MigrateOperation):
    """``op.<name>(*args, **kwargs)``; its reverse is the directive ``undo``, or nothing."""

    def __init__(self, name: str, *args: Any, undo: MigrateOperation | None = None, **kwargs: Any) -> None:
        self.name = name
        self.args = args
        self.kwargs = {
            key: value
            for key, value in kwargs.items()
            if value is not None or key in {"server_default", "comment"}
        }
        self.undo = undo

    def undone_by(self, name: str, *args: Any, **kwargs: Any) -> CallOp:
        """This call, with the call that undoes it."""
        self.undo = undo = CallOp(name, *args, **kwargs)
        undo.undo = self
        return self

    def forward(self) -> CallOp:
        """The call without its reverse."""
        return CallOp(self.name, *self.args, **self.kwargs)

    def reverse(self) -> MigrateOperation:
        """The call that undoes this one."""
        return self.undo or ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the name of the call and its object."""
        return (self.name, *self.args)


@dataclass(frozen=True)
class Retyped:
    """A column whose type changes, and the USING clauses of both directions."""

    name: str
    new: Any
    old: Any
    using: str | None
    back: str | None


class RetypeOp(MigrateOperation):
    """The columns of one table whose types change, in one ALTER TABLE: it rewrites the table at most once."""

    def __init__(self, table: str, schema: str | None, columns: list[Retyped]) -> None:
        self.table = table
        self.schema = schema
        self.columns = columns

    @property
    def call(self) -> CallOp:
        """The call that a revision writes."""
        if len(self.columns) == 1:
            (column,) = self.columns
            types = {"type_": column.new, "existing_type": column.old, "postgresql_using": column.using}
            return CallOp("alter_column", self.table, column.name, **types, schema=self.schema)
        using = {column.name: column.using for column in self.columns if column.using is not None}
        return CallOp(
            "alter_column_types",
            self.table,
            {column.name: column.new for column in self.columns},
            existing={column.name: column.old for column in self.columns},
            using=using or None,
            schema=self.schema,
        )

    def reverse(self) -> RetypeOp:
        """The former types."""
        back = [
            Retyped(column.name, column.old, column.new, column.back, column.using) for column in self.columns
        ]
        return RetypeOp(self.table, self.schema, back)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the name of the call and its object."""
        return (self.call.name, self.table, *(column.name for column in self.columns))


class ConcurrentIndexOp(MigrateOperation):
    """``op.create_index_concurrently``; its reverse is ``op.drop_index_concurrently``.

    :param completes: the index exists and lacks partitions; its reverse does nothing.
    """

    def __init__(self, create: CreateIndexOp, *, partitioned: bool = False, completes: bool = False) -> None:
        self.create = create
        self.partitioned = partitioned
        self.completes = completes

    def reverse(self) -> MigrateOperation:
        """The drop, which also does not block."""
        if self.completes:
            return ModifyTableOps("", [])
        return CallOp(
            "drop_index_concurrently",
            shortened(self.create.index_name),
            self.create.table_name,
            partitioned=self.partitioned or None,
            schema=self.create.schema,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("add_index", self.create.index_name, self.create.table_name)


class DropWholeTableOp(DropTableOp):
    """Drops a table; its reverse creates the table, then its constraints and indexes.

    :param creation: the directives that create the table again.
    """

    def __init__(self, creation: list[MigrateOperation]) -> None:
        create = next(operation for operation in creation if isinstance(operation, CreateTableOp))
        super().__init__(create.table_name, schema=create.schema)
        self.creation = creation

    def reverse(self) -> Any:
        """The directives that create the table again."""
        return ModifyTableOps(self.table_name, self.creation, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("remove_table", self.schema, self.table_name)


class DowngradeOnlyOp(ModifyTableOps):
    """No operation in the upgrade; its reverse is the directive ``undo``."""

    def __init__(self, undo: MigrateOperation) -> None:
        super().__init__("", [])
        self.undo = undo

    def reverse(self) -> MigrateOperation:  # type: ignore[override]  # Alembic takes a directive where it takes a list
        """The directive."""
        return self.undo


class UnwritableOp(MigrateOperation):
    """A difference that autogenerate cannot resolve: a comment in the revision, and a difference for
    ``check``."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def reverse(self) -> MigrateOperation:
        """Does nothing either."""
        return ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the reason in words."""
        return ("unwritable", self.reason)


class UndeclaredOp(MigrateOperation):
    """An undeclared object: absent from the revision, and a difference for ``check``."""

    def __init__(self, label: str) -> None:
        self.label = label

    def reverse(self) -> MigrateOperation:
        """Does nothing either."""
        return ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the object in words."""
        return ("undeclared", self.label)


def setup() -> None:
    """Registers the implementations of the directives."""

    @Operations.implementation_for(CallOp, replace=True)
    def _call(operations: Operations, operation: CallOp) -> None:
        getattr(operations, operation.name)(*operation.args, **operation.kwargs)

    @Operations.implementation_for(RetypeOp, replace=True)
    def _retype(operations: Operations, operation: RetypeOp) -> None:
        operations.invoke(operation.call)

    @Operations.implementation_for(UndeclaredOp, replace=True)
    @Operations.implementation_for(UnwritableOp, replace=True)
    def _no_operation(operations: Operations, operation: MigrateOperation) -> None:
        del operations, operation
