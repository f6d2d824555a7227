"""Columns that are added, dropped, or both: generated columns, whose expression PostgreSQL changes rarely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column, DefaultClause, Identity

from app_schema import upstream
from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import keys, numbering
from app_schema.migrations.compare.kinds import alter_column, generated, grant, sequence
from app_schema.migrations.compare.kinds.base import KindComparator, relation
from app_schema.migrations.compare.planner import LAST
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_FILL = (
    "column {column} of {table} is declared NOT NULL without a default, and {table} has rows: it is added "
    'nullable. Fill it, as by op.run_once("fill {table}.{column}", "UPDATE {table} SET {column} = ... WHERE '
    '{column} IS NULL"); then autogenerate writes SET NOT NULL. Or declare a server_default'
)
_LEFT_NULL = (
    "column {column} of {table} comes back nullable, because {table} has rows and their values are lost; "
    "fill it, then set NOT NULL"
)


class ColumnComparator(KindComparator):
    """Columns of tables; those of a view follow the view."""

    dropped_with_table = True
    declared_depend = True
    recreated = True

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """Also the column of a declared or undeclared view or composite type."""
        owner = relation(sides, key)
        return (owner is not None and owner.kind != "table") or super().undeclared_with_owner(sides, key)

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The column, if its type changes or it is rebuilt."""
        new, old = PrintedColumn.of(declared), PrintedColumn.of(reflected)
        if new.changes_type_of(old) and not generated.changes_in_place(sides, key):
            return Blocked(key, dropped=new.is_rebuilt_from(old))
        return None

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans the creation of an absent column; CREATE TABLE has the columns of a new table."""
        if sides.new(key):
            return
        operation = _add_column(sides, key)
        if not operation.column.nullable and lacks_values(sides, key, sides.declared):
            operation.column.nullable = True
            planner.note(_FILL.format(column=key.name, table=key.table))
        # before the parent gets it: PostgreSQL merges both, and drops the own column after the inherited one
        planner.create(_create_rank(declared), operation, order=-_generation(sides, key) or None)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the change of the reflected column to the declared one."""
        new, old = PrintedColumn.of(declared), PrintedColumn.of(reflected)
        if keys.table(key) not in sides.reflected:
            self._change_default_of_view(sides, planner, key, new, old)
            return
        if generated.changes_in_place(sides, key):
            planner.create(Makes.GENERATED, generated.set_expression(sides, key))
            if new.nullable != old.nullable:
                # no CHECK beforehand: the statement before locks the table anyway, for its new values, and
                # the old ones may be NULL
                planner.create(Makes.GENERATED, alter_column.set_nullable(sides, key, nullable=new.nullable))
        elif new.is_rebuilt_from(old):
            self._rebuild(sides, planner, key)
        else:
            alter_column.alter(sides, planner, key, _compared(sides, key, new, old), old)

    def _change_default_of_view(
        self, sides: Sides, planner: Planner, key: Key, new: PrintedColumn, old: PrintedColumn
    ) -> None:
        """Plans the default, which CREATE VIEW lacks; the query of the view defines the rest of the
        column."""
        if new.rule == old.rule or not planner.dropped.isdisjoint(keys.views(key)):
            return
        place, schema = (key.table, key.name), sides.schema(key)
        call = CallOp("alter_column", *place, server_default=new.default, schema=schema)
        inverse = call.undone_by("alter_column", *place, server_default=old.default, schema=schema)
        planner.create(Makes.COMMENT, inverse)

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of an undeclared column."""
        if sequence.own_of_serial(sides, key) is not None:
            lost = "name, type and START of its sequence do not come back"
            planner.note(f"{key.label}: the downgrade makes it serial: {lost}")
        if own_type := sequence.own_type(sides, key):
            planner.note(f"{key.label}: the downgrade does not give its sequence the type {own_type} again")
        operation = _drop_column(sides, key)
        rank = _drop_rank(reflected)
        if lacks_values(sides, key, sides.reflected):
            operation = _drop_column(sides, key, nullable=True)
            note = UnwritableOp(_LEFT_NULL.format(column=key.name, table=key.table))
            planner.drop(rank, DowngradeOnlyOp(note))
        generation = _generation(sides, key)
        planner.drop(rank, operation, order=LAST + generation if generation else None)

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans it with the grants, of which PostgreSQL drops a part with the column."""
        grants = grant.reflected(sides, planner, grant.of_column(sides, key))
        self._rebuild(sides, planner, key)
        grant.recreate(sides, planner, key, grants)

    def _rebuild(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans that a generated column is dropped and added; PostgreSQL computes its values from the row."""
        reflected = sides.reflected[key]
        planner.dropped.add(key)
        self.removed(sides, planner, key, reflected)
        form = planner.recreated_as(key)
        if form == "declared":
            planner.create(_create_rank(sides.declared[key]), _add_column(sides, key))
        elif form == "reflected":
            planner.create(_create_rank(reflected), _drop_column(sides, key).reverse())


def _generation(sides: Sides, key: Key) -> int:
    """The number of tables from which a column's table inherits."""
    names = parents(sides.reflected.get(keys.table(key), ""))
    above = [
        other._replace(table=other.name)
        for other in (sides.reflected if names else ())
        if other.kind == "table" and qualified(other.name, other.schema) in names
    ]
    return 1 + max((_generation(sides, other) for other in above), default=0) if names else 0


def lacks_values(sides: Sides, key: Key, side: Snapshot) -> bool:
    """True if existing rows would get no value: ADD COLUMN ... NOT NULL fails then."""
    part = PrintedColumn.of(side[key])
    filled = part.how or part.identity or numbering.serial(sides, side, key)
    return not part.nullable and not filled and sides.has_rows(key)


def _compared(sides: Sides, key: Key, new: PrintedColumn, old: PrintedColumn) -> PrintedColumn:
    """The declared column, as far as ``compare_type`` and ``compare_server_default`` see a difference.

    They can leave a difference out. They cannot make one of what PostgreSQL prints the same.
    """
    comparisons: Mapping[str, Any] = sides.context.opts.get("asked", {})
    context = sides.context.migration_context
    if new.type != old.type and "compare_type" in comparisons:
        answer = comparisons["compare_type"]
        if callable(answer):
            declared, reflected = sides.column(key), sides.managed.reflected_column(key)
            answer = answer(context, reflected, declared, reflected.type, declared.type)
        if answer is False:
            new = replace(new, bare_type=old.bare_type, collation=old.collation)
    if new.rule != old.rule and "compare_server_default" in comparisons:
        answer = comparisons["compare_server_default"]
        if callable(answer):
            declared, reflected = sides.column(key), sides.managed.reflected_column(key)
            printed = old.expression or None, declared.server_default, new.expression or None
            answer = answer(context, reflected, declared, *printed)
        if answer is False:
            new = replace(new, how=old.how, expression=old.expression)
    return new


def _create_rank(printed: str) -> Makes:
    """A generated column is created after the columns that it reads have their declared types."""
    return Makes.GENERATED if PrintedColumn.of(printed).generated else Makes.COLUMN


def _drop_rank(printed: str) -> Drops:
    return Drops.GENERATED if PrintedColumn.of(printed).generated else Drops.COLUMN


def _add_column(sides: Sides, key: Key) -> ops.AddColumnOp:
    table, column = sides.metadata.tables[key.schema or "", key.table or ""], sides.column(key)
    serial = numbering.serial(sides, sides.declared, key)
    generation = (part for part in (column.computed, column.identity) if part is not None)
    bare: Column[Any] = Column(
        column.name,
        column.type if serial is None else PrintedType(serial),
        *(upstream.copied(part) for part in generation),
        nullable=column.nullable,
        # the others are no default in DDL: generated columns, and values that only the ORM fetches
        server_default=column.server_default if isinstance(column.server_default, DefaultClause) else None,
        comment=column.comment,
    )
    return ops.AddColumnOp(table.name, bare, schema=table.schema)


def _drop_column(sides: Sides, key: Key, *, nullable: bool = False) -> ops.DropColumnOp:
    column = reflected_column(sides, key)
    column.nullable = column.nullable or nullable
    return ops.DropColumnOp.from_column_and_tablename(sides.schema(key), key.table or "", column)


def reflected_column(sides: Sides, key: Key, *, own_sequence: bool = False) -> Column[Any]:
    """A reflected column, with all properties that create it again.

    :param own_sequence: a sequence that no serial column gets by itself is created beside it.
    """
    part = PrintedColumn.of(sides.reflected[key])
    serial = numbering.serial(sides, sides.reflected, key)
    if own_sequence and sequence.own_of_serial(sides, key) is not None:
        serial = None
    extra: list[Any] = []
    if part.identity:
        extra.append(Identity(**numbering.identity(sides, sides.reflected, key)))
    elif (computed := part.computed) is not None:
        extra.append(computed)
    return Column(
        key.name,
        PrintedType(serial or part.type),
        *extra,
        nullable=part.nullable,
        server_default=None if serial else part.default,
        comment=sides.reflected.get(Key("comment", key.schema, key.table, key.name)),
    )
