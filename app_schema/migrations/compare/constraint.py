"""Constraints: keys, checks, exclusions and foreign keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema.ddl import Key
from app_schema.ddl.printed import TableConstraint
from app_schema.migrations.compare.reworded import reworded
from app_schema.migrations.directives import CallOp, Drops, Makes
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a constraint that is absent; that of a new table comes with it."""
    if not comparison.new(key):
        _add(comparison, key, wanted)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans what makes a found constraint the declared one."""
    schema = comparison.schema(key)
    if found == f"{wanted} NOT VALID":
        call = _validate(key, schema)
        # PostgreSQL cannot take a validation back: the constraint is made anew
        call.undo = CallOp(
            "replace_table_constraint", key.name, key.table, found, old={"definition": wanted}, schema=schema
        )
        call.undo.undo = call
        comparison.plan.make(Makes.CONSTRAINT, call)
        return
    take(comparison, key, found)
    _add(comparison, key, wanted)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a constraint that nobody declared."""
    take(comparison, key, found)


def take_and_make_again(comparison: Comparison, key: Key) -> None:
    """Drops a constraint and makes the declared one, or where none is declared the same again."""
    found, recreate_from = comparison.found[key], comparison.recreate_from(key)
    take(comparison, key, found)
    if recreate_from == "declared":
        _add(comparison, key, comparison.wanted[key])
    elif recreate_from == "found":
        _, rank = _ranks(found)
        again = reworded(comparison, key, found) if found.startswith("CHECK") else found
        comparison.plan.make(rank, CreateObjectOp(comparison.reflect(key, again)))


def take(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a constraint, where it is not planned yet."""
    if key in comparison.gone:
        return
    comparison.gone.add(key)
    rank, _ = _ranks(found)
    printed = TableConstraint(key.name, found, table=key.table, schema=comparison.schema(key))
    comparison.plan.drop(rank, comparison.removal(key, printed))


def _ranks(definition: str) -> tuple[Drops, Makes]:
    if definition.startswith("FOREIGN KEY"):
        return Drops.FOREIGN_KEY, Makes.FOREIGN_KEY
    return Drops.CONSTRAINT, Makes.CONSTRAINT


def add_printed(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a constraint of a new table, by its print."""
    _, rank = _ranks(wanted)
    printed = TableConstraint(key.name, wanted, table=key.table, schema=comparison.schema(key))
    comparison.plan.make(rank, CreateObjectOp(printed))


def _add(comparison: Comparison, key: Key, wanted: str) -> None:
    constraint, schema = comparison.declared.constraint(key), comparison.schema(key)
    _, rank = _ranks(wanted)
    printed = TableConstraint(key.name, wanted, table=key.table, schema=schema)
    # Alembic takes the elements of an exclusion for columns, which an expression is not, and cannot render a
    # key; and a key that was dropped by its print is made by its print, so that the two know of each other
    again = key in comparison.gone and wanted.startswith("UNIQUE")
    by_print = isinstance(constraint, (ExcludeConstraint, PrimaryKeyConstraint)) or again
    if (
        wanted.startswith(("FOREIGN KEY", "CHECK"))
        and not wanted.endswith((" NOT VALID", " NOT ENFORCED"))
        # PostgreSQL before 18 takes no foreign key NOT VALID of a partitioned table
        and not (wanted.startswith("FOREIGN KEY") and comparison.partitioned(key))
        and comparison.has_rows(key)
    ):
        unproved = replace(printed, definition=f"{wanted} NOT VALID")
        comparison.plan.make(rank, comparison.creation(key, unproved), _validate(key, schema))
    elif constraint is None or by_print:
        comparison.plan.make(rank, comparison.creation(key, printed))
    else:
        comparison.plan.make(rank, ops.AddConstraintOp.from_constraint(constraint))


def _validate(key: Key, schema: str | None) -> CallOp:
    return CallOp("validate_constraint", key.name, key.table, schema=schema)
