"""The plan of a revision: its directives in two lists, each by rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp, Retyped, RetypeOp, UndeclaredOp

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation


@dataclass
class Plan:
    """Directives by rank, after the renames. The reversed list is a correct downgrade: the last created
    object is dropped first."""

    renames: list[MigrateOperation] = field(default_factory=list)
    renamed_again: list[MigrateOperation] = field(default_factory=list)
    """Renames at the start of the downgrade, whose second run finds the old names."""
    drops: list[tuple[Drops, int, MigrateOperation]] = field(default_factory=list)
    creations: list[tuple[Makes, int, MigrateOperation]] = field(default_factory=list)
    notes: list[MigrateOperation] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    """The existing undeclared objects that the revision does not drop."""
    retyped: dict[tuple[str | None, str], RetypeOp] = field(default_factory=dict)
    """Schema and name of a table -> the change of its types."""

    def retype(self, table: str, schema: str | None, column: Retyped) -> None:
        """Changes the type of a column, together with the other columns of its table."""
        if (schema, table) not in self.retyped:
            self.retyped[schema, table] = RetypeOp(table, schema, [])
            self.create(Makes.RETYPED, self.retyped[schema, table])
        self.retyped[schema, table].columns.append(column)

    def inherit_types(self, parent: tuple[str | None, str], heir: tuple[str | None, str]) -> None:
        """Leaves to a parent the types that it changes alike."""
        if parent not in self.retyped or heir not in self.retyped:
            return
        columns = {(column.name, str(column.new), str(column.old)) for column in self.retyped[parent].columns}
        operation = self.retyped[heir]
        operation.columns = [
            column
            for column in operation.columns
            if (column.name, str(column.new), str(column.old)) not in columns
        ]
        if not operation.columns:
            self.creations = [entry for entry in self.creations if entry[2] is not operation]

    def drop(self, rank: Drops, *operations: MigrateOperation, order: int | None = None) -> None:
        """Adds a drop; within a rank the lower ``order`` is first."""
        for operation in operations:
            self.drops.append((rank, len(self.drops) if order is None else order, operation))

    def create(self, rank: Makes, *operations: MigrateOperation, order: int | None = None) -> None:
        """Adds a creation or change; within a rank the lower ``order`` is first."""
        for operation in operations:
            self.creations.append((rank, len(self.creations) if order is None else order, operation))

    def add_for_downgrade(self, other: Plan) -> None:
        """Adds the directives of another plan, so that only the downgrade executes them."""
        self.drops += [
            (rank, order, DowngradeOnlyOp(operation.reverse())) for rank, order, operation in other.drops
        ]
        self.creations += [
            (rank, order, DowngradeOnlyOp(operation.reverse())) for rank, order, operation in other.creations
        ]
        self.notes += other.notes

    def created(self) -> list[MigrateOperation]:
        """The directives that create or alter, in order."""
        return [operation for _, _, operation in sorted(self.creations, key=lambda entry: entry[:2])]

    def _labels_first(self) -> tuple[list[MigrateOperation], list[MigrateOperation]]:
        """The new labels of enums, to be added before anything is dropped, because ADD VALUE commits; and all
        directives that create or alter, with the undo of the labels in its place."""
        created = self.created()
        labels = [op for op in created if isinstance(op, CallOp) and op.name == "add_enum_value"]
        rest = [DowngradeOnlyOp(op.reverse()) if op in labels else op for op in created]
        return [label.forward() for label in labels], rest

    def operations(self) -> Sequence[MigrateOperation]:
        """All directives in their order."""
        drops = sorted(self.drops, key=lambda entry: entry[:2])
        first = [operation for rank, _, operation in drops if rank < Drops.EARLY_FUNCTION]
        last = [operation for rank, _, operation in drops if rank >= Drops.EARLY_FUNCTION]
        changes = self.drops or self.creations
        again = [DowngradeOnlyOp(operation) for operation in self.renamed_again] if changes else []
        undeclared = [UndeclaredOp(label) for label in self.undeclared]
        labels, created = self._labels_first()
        return [*self.renames, *labels, *first, *created, *last, *self.notes, *again, *undeclared]
