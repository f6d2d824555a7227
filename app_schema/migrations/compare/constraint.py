"""Constraints: keys, checks, exclusions and foreign keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema.catalog.reflect import reflect
from app_schema.ddl import Key
from app_schema.ddl.printed import TableConstraint
from app_schema.migrations.directives import CallOp, Drops, Makes
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

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
    found, wanted = comparison.found[key], comparison.wanted.get(key)
    take(comparison, key, found)
    if wanted is not None:
        _add(comparison, key, wanted)
    elif not comparison.prune:
        comparison.plan.make(Makes.CONSTRAINT, CreateObjectOp(reflect(comparison.connection, key, found)))


def take(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a constraint, and of the foreign keys that need it."""
    comparison.gone.add(key)
    rank = Drops.FOREIGN_KEY if found.startswith("FOREIGN KEY") else Drops.CONSTRAINT
    schema = comparison.schema(key)
    if found.startswith(("PRIMARY KEY", "UNIQUE")):
        for other in _referring(comparison, key):
            take(comparison, other, comparison.found[other])
            if other in comparison.wanted:
                _add(comparison, other, comparison.wanted[other])
    printed = TableConstraint(key.name, found, table=key.table, schema=schema)
    comparison.plan.drop(rank, DropObjectOp(printed))


def _add(comparison: Comparison, key: Key, wanted: str) -> None:
    constraint = comparison.declared.constraint(key)
    rank = Makes.FOREIGN_KEY if wanted.startswith("FOREIGN KEY") else Makes.CONSTRAINT
    if constraint is None:
        printed = TableConstraint(key.name, wanted, table=key.table, schema=comparison.schema(key))
        comparison.plan.make(rank, CreateObjectOp(printed))
        return
    if isinstance(constraint, (ExcludeConstraint, PrimaryKeyConstraint)):
        # Alembic takes the elements of the one for columns, which an expression is not, and cannot render
        # the other
        comparison.plan.make(
            rank,
            CreateObjectOp(TableConstraint(key.name, wanted, table=key.table, schema=comparison.schema(key))),
        )
        return
    operation = ops.AddConstraintOp.from_constraint(constraint)
    safely = (
        isinstance(constraint, (ForeignKeyConstraint, CheckConstraint))
        and "NOT VALID" not in wanted
        and comparison.has_rows(key)
    )
    if not safely:
        comparison.plan.make(rank, operation)
        return
    printed = TableConstraint(key.name, f"{wanted} NOT VALID", table=key.table, schema=comparison.schema(key))
    comparison.plan.make(rank, CreateObjectOp(printed), _validate(key, comparison.schema(key)))


def _validate(key: Key, schema: str | None) -> CallOp:
    return CallOp("validate_constraint", key.name, key.table, schema=schema)


def _referring(comparison: Comparison, key: Key) -> list[Key]:
    """The foreign keys that need this key or unique constraint, and are not dropped yet."""
    query = text(
        "SELECT n.nspname, r.relname, f.conname FROM pg_catalog.pg_constraint AS f JOIN "
        "pg_catalog.pg_constraint AS k ON k.conindid = f.conindid"
        " JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace AS m ON "
        "m.oid = c.relnamespace"
        " JOIN pg_catalog.pg_class AS r ON r.oid = f.conrelid JOIN pg_catalog.pg_namespace AS n ON "
        "n.oid = r.relnamespace"
        " WHERE f.contype = 'f' AND k.contype <> 'f' AND m.nspname = :schema AND c.relname = :table AND "
        "k.conname = :name"
    )
    rows = comparison.connection.execute(query, {"schema": key.schema, "table": key.table, "name": key.name})
    return [
        one
        for one in (Key("constraint", *row) for row in rows)
        if one not in comparison.gone and one in comparison.found
    ]
