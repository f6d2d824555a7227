"""The directives of a generated revision that Alembic has no class for: a call, and what cannot be
written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import ModifyTableOps

from app_schema.ddl import DDLObject
from app_schema.ddl.order import Drops as Drops  # noqa: PLC0414 - the comparators import the ranks from here
from app_schema.ddl.order import Makes as Makes  # noqa: PLC0414


class CallOp(MigrateOperation):
    """``op.<name>(*args, **kwargs)``; reversed it is the call ``undo``, or nothing."""

    def __init__(self, name: str, *args: Any, undo: CallOp | None = None, **kwargs: Any) -> None:
        self.name = name
        self.args = args
        self.kwargs = {
            key: value
            for key, value in kwargs.items()
            if value is not None or key in {"server_default", "comment"}
        }
        self.undo = undo

    def undone_by(self, name: str, *args: Any, **kwargs: Any) -> CallOp:
        """This call, with the call that takes it back."""
        self.undo = CallOp(name, *args, **kwargs)
        self.undo.undo = self
        return self

    def reverse(self) -> MigrateOperation:
        """The call that takes this one back."""
        return self.undo or ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the name of the call and what it names."""
        return (self.name, *self.args)


@dataclass(frozen=True)
class Retyped:
    """A column whose type changes, and the USING clauses of both ways."""

    column: str
    new: Any
    old: Any
    using: str | None
    back: str | None


class RetypeOp(MigrateOperation):
    """The columns of one table whose types change, in one ALTER TABLE: it rewrites the table once at most."""

    def __init__(self, table: str, schema: str | None, columns: list[Retyped]) -> None:
        self.table = table
        self.schema = schema
        self.columns = columns

    @property
    def call(self) -> CallOp:
        """The call that a revision writes."""
        if len(self.columns) == 1:
            (one,) = self.columns
            said = {"type_": one.new, "existing_type": one.old, "postgresql_using": one.using}
            return CallOp("alter_column", self.table, one.column, **said, schema=self.schema)
        using = {one.column: one.using for one in self.columns if one.using is not None}
        return CallOp(
            "alter_column_types",
            self.table,
            {one.column: one.new for one in self.columns},
            existing={one.column: one.old for one in self.columns},
            using=using or None,
            schema=self.schema,
        )

    def reverse(self) -> RetypeOp:
        """The types that were there before."""
        back = [Retyped(one.column, one.old, one.new, one.back, one.using) for one in self.columns]
        return RetypeOp(self.table, self.schema, back)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the name of the call and what it names."""
        return (self.call.name, self.table, *(one.column for one in self.columns))


class OnTheWayBackOp(ModifyTableOps):
    """Nothing in the one direction; in the other the directive ``undo``."""

    def __init__(self, undo: MigrateOperation) -> None:
        super().__init__("", [])
        self.undo = undo

    def reverse(self) -> MigrateOperation:  # type: ignore[override]  # one is as good as a list of them
        """The directive."""
        return self.undo


class UnwritableOp(MigrateOperation):
    """A difference that no revision of ours can mend: a comment in the revision, and ``check`` goes on
    failing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def reverse(self) -> MigrateOperation:
        """Nothing was done, so nothing is taken back."""
        return ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the reason in words."""
        return ("unwritable", self.reason)


class UndeclaredOp(MigrateOperation):
    """An object that nobody declared: nothing in the revision, and a difference for ``check``."""

    def __init__(self, label: str) -> None:
        self.label = label

    def reverse(self) -> MigrateOperation:
        """Nothing was done, so nothing is taken back."""
        return ModifyTableOps("", [])

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``: the object in words."""
        return ("undeclared", self.label)


def setup() -> None:
    """Registers how the directives are carried out."""

    @Operations.implementation_for(CallOp, replace=True)
    def _call(operations: Operations, operation: CallOp) -> None:
        getattr(operations, operation.name)(*operation.args, **operation.kwargs)

    @Operations.implementation_for(UndeclaredOp, replace=True)
    @Operations.implementation_for(RetypeOp, replace=True)
    def _retype(operations: Operations, operation: RetypeOp) -> None:
        operations.invoke(operation.call)

    @Operations.implementation_for(UnwritableOp, replace=True)
    def _nothing(operations: Operations, operation: MigrateOperation) -> None:
        del operations, operation


@dataclass
class Plan:
    """Directives by rank, after the renames. The reversed list is a right downgrade: what was made last goes
    first."""

    renames: list[MigrateOperation] = field(default_factory=list)
    renamed_again: list[MigrateOperation] = field(default_factory=list)
    """Renames with which the downgrade begins: a second run of it meets the old names."""
    drops: list[tuple[Drops, int, MigrateOperation]] = field(default_factory=list)
    makes: list[tuple[Makes, int, MigrateOperation]] = field(default_factory=list)
    notes: list[MigrateOperation] = field(default_factory=list)
    _retyped: dict[tuple[str | None, str], RetypeOp] = field(default_factory=dict)

    def retype(self, table: str, schema: str | None, column: Retyped) -> None:
        """Changes a column's type, together with the others of its table."""
        if (schema, table) not in self._retyped:
            self._retyped[schema, table] = RetypeOp(table, schema, [])
            self.make(Makes.RETYPED, self._retyped[schema, table])
        self._retyped[schema, table].columns.append(column)

    def drop(self, rank: Drops, *operations: MigrateOperation, order: int | None = None) -> None:
        """Drops something; among equals the lower ``order`` goes first."""
        for one in operations:
            self.drops.append((rank, len(self.drops) if order is None else order, one))

    def make(self, rank: Makes, *operations: MigrateOperation, order: int | None = None) -> None:
        """Makes or alters something; among equals the lower ``order`` goes first."""
        for one in operations:
            self.makes.append((rank, len(self.makes) if order is None else order, one))

    def on_the_way_back(self, other: Plan) -> None:
        """Takes the directives of another plan over, so that they are carried out by the downgrade alone."""
        self.drops += [(rank, order, OnTheWayBackOp(one.reverse())) for rank, order, one in other.drops]
        self.makes += [(rank, order, OnTheWayBackOp(one.reverse())) for rank, order, one in other.makes]
        self.notes += other.notes

    def operations(self) -> Sequence[MigrateOperation]:
        """All directives in their order."""
        drops = sorted(self.drops, key=lambda entry: entry[:2])
        first = [one for rank, _, one in drops if rank < Drops.EARLY_FUNCTION]
        last = [one for rank, _, one in drops if rank >= Drops.EARLY_FUNCTION]
        makes = [one for _, _, one in sorted(self.makes, key=lambda entry: entry[:2])]
        again = [OnTheWayBackOp(one) for one in self.renamed_again] if self.drops or self.makes else []
        return [*self.renames, *first, *makes, *last, *self.notes, *again]


RANKS: Mapping[str, tuple[Drops, Makes]] = {kind: cls.ranks for kind, cls in DDLObject.reflected.items()}
"""Ranks of the objects that are dropped and made by one directive each."""
