"""Constraints: keys, checks, exclusions and foreign keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema.ddl import Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.printed import TableConstraint
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.reworded import reworded
from app_schema.migrations.directives import CallOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class ConstraintComparator(KindComparator):
    """Constraints of tables; the dependents of a key are foreign keys."""

    dropped_with_table = True
    declared_depend = True
    blocked_by_any_change = True

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans a constraint that is absent; that of a new table is in its CREATE TABLE, if SQLAlchemy has
        it."""
        if not sides.new(key):
            _add(sides, planner, key, declared)
        elif key in sides.metadata.objects:
            add_printed(sides, planner, key)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the change of the reflected constraint to the declared one."""
        if reflected != f"{declared} NOT VALID":
            self.drop(sides, planner, key)
            _add(sides, planner, key, declared)
            return
        schema = sides.schema(key)
        call = _validate(key, schema)
        # PostgreSQL cannot undo a validation: the constraint is replaced
        old = {"definition": declared}
        call.undo = CallOp("replace_table_constraint", key.name, key.table, reflected, old=old, schema=schema)
        call.undo.undo = call
        planner.create(Makes.CONSTRAINT, call)

    def drop(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool = False) -> None:
        """Plans the drop of a constraint, unless it is planned."""
        if key in planner.dropped:
            return
        planner.dropped.add(key)
        rank, _ = _ranks(sides.reflected[key])
        planner.drop(rank, planner.dropping(key, _printed(sides, key, sides.reflected[key])))

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Drops the constraint, and creates the declared one; an undeclared constraint is created
        unchanged."""
        reflected, form = sides.reflected[key], planner.recreated_as(key)
        self.drop(sides, planner, key)
        if form == "declared":
            _add(sides, planner, key, sides.declared[key])
        elif form == "reflected":
            _, rank = _ranks(reflected)
            text = reworded(sides, planner, key, reflected) if reflected.startswith("CHECK") else reflected
            planner.create(rank, CreateObjectOp(sides.reflect(key, text)))


def _ranks(definition: str) -> tuple[Drops, Makes]:
    if definition.startswith("FOREIGN KEY"):
        return Drops.FOREIGN_KEY, Makes.FOREIGN_KEY
    return Drops.CONSTRAINT, Makes.CONSTRAINT


def _printed(sides: Sides, key: Key, definition: str) -> TableConstraint:
    return TableConstraint(key.name, definition, table=key.table, schema=sides.schema(key))


def add_printed(sides: Sides, planner: Planner, key: Key) -> None:
    """Plans a constraint of a new table, by its print."""
    definition = sides.declared[key]
    _, rank = _ranks(definition)
    planner.create(rank, CreateObjectOp(_printed(sides, key, definition)))


def _add(sides: Sides, planner: Planner, key: Key, declared: str) -> None:
    constraint, printed = sides.metadata.constraint(key), _printed(sides, key, declared)
    _, rank = _ranks(declared)
    # Alembic takes the elements of an exclusion for columns, which an expression is not, and cannot render a
    # key; and a key that is dropped by its print is created by its print, so that the two are a pair
    is_recreated = key in planner.dropped and declared.startswith("UNIQUE")
    by_print = isinstance(constraint, (ExcludeConstraint, PrimaryKeyConstraint)) or is_recreated
    if (
        declared.startswith(("FOREIGN KEY", "CHECK"))
        and not declared.endswith((" NOT VALID", " NOT ENFORCED"))
        # PostgreSQL before 18 takes no foreign key NOT VALID of a partitioned table
        and not (declared.startswith("FOREIGN KEY") and sides.partitioned(key))
        and planner.spares_writers(key)
    ):
        unproved = replace(printed, definition=f"{declared} NOT VALID")
        planner.create(rank, planner.creating(key, unproved), _validate(key, sides.schema(key)))
    elif constraint is None or by_print:
        planner.create(rank, planner.creating(key, printed))
    else:
        planner.create(rank, ops.AddConstraintOp.from_constraint(constraint))


def _validate(key: Key, schema: str | None) -> CallOp:
    return CallOp("validate_constraint", key.name, key.table, schema=schema)
