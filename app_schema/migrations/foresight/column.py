"""Later changes of a column in a revision: a second run finds the column in its final state.

"Add a nullable column, fill it, set NOT NULL" is a usual revision; so are "add a column with a default, drop
the default" and "drop a column, add another with its name". A guard that knew only its own statement would
refuse the column that the revision itself has created.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from alembic.ddl import base as ops
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.schema import AddConstraint, CreateTable, DropConstraint, DropTable, ExecutableDDLElement

from app_schema.ddl import Create, Guarded, converging
from app_schema.ddl.block import block
from app_schema.ddl.guard import Guard
from app_schema.ddl.sql import DIALECT, dollar, ident, literal, plain, qualified
from app_schema.ddl.twin import Side
from app_schema.migrations import altering

ASIDE = "app_schema_aside"
"""The name of what is moved aside for a comparison that is rolled back."""
_TARGETS: WeakKeyDictionary[Any, tuple[Any, ...] | None] = WeakKeyDictionary()
"""Cached, because each construct is queried for every earlier statement."""


def foreseen(
    construct: ExecutableDDLElement, statement: ExecutableDDLElement, own: list[Any], beyond: list[Any]
) -> ExecutableDDLElement:
    """The statement, for which later states of the column also count as equal.

    :param own: the later constructs of the same revision.
    :param beyond: the constructs of later revisions of the run.
    """
    later = [*own, *beyond]
    if isinstance(construct, ops.DropColumn | DropTable):
        return _keep_if_recreated(construct, statement, later)
    rename = _renamed(construct, later)
    if isinstance(construct, ops.ColumnComment):
        return statement
    if rename is None and _is_always_executed(construct, own) and not _changes(construct, beyond):
        return statement
    guard = statement.by if isinstance(statement, Guarded) else None
    if not isinstance(guard, Guard):
        return statement
    changes = _changes(construct, later)
    if guard.new.value is not None and (changes or rename is not None):
        guard = replace(
            guard, new=altering.after(construct)
        )  # the state was an expression, NOT NULL or no default, without a twin
    guard = replace(guard, later=tuple(changes))
    return Guarded(guard if rename is None else _under_new_name(guard, later, rename))


def _is_always_executed(construct: Any, later: list[Any]) -> bool:
    """True if a statement alters any state, or if its stated old state is the final state of the revision.

    Statements in between may need the step: a column that is temporarily nullable, without a default, or of
    another type. In a first run the column already has the final state, and the step must not be skipped.
    """
    if isinstance(construct, ops.ColumnNullable):
        return True
    last = [
        successor
        for successor in later
        if type(successor) is type(construct) and target(successor) == target(construct)
    ][-1:]
    if isinstance(construct, ops.ColumnDefault):
        stated: Any = construct.existing_server_default
        return stated is None or stated is False or any(str(other.default) == str(stated) for other in last)
    if isinstance(construct, ops.ColumnType) and construct.existing_type is not None:
        before = construct.existing_type.compile(dialect=DIALECT)
        return any(other.type_.compile(dialect=DIALECT) == before for other in last)
    return False


def target(construct: Any) -> tuple[Any, ...] | None:
    """The identity of a construct: its class, and the table and column that it changes."""
    try:
        return _TARGETS[construct]
    except KeyError:
        identity = _TARGETS[construct] = _target(construct)
        return identity


def _target(construct: Any) -> tuple[Any, ...] | None:
    if isinstance(construct, CreateTable | DropTable):
        return type(construct), construct.element.schema, str(construct.element.name)
    if isinstance(construct, DropConstraint):
        table = construct.element.table
        return DropConstraint, table.schema, str(table.name), str(construct.element.name)
    if (proved := _sets_not_null(construct)) is not None:
        return type(construct), *proved
    if not isinstance(construct, ops.AlterTable):
        return None
    column = getattr(construct, "column", None)
    name = getattr(construct, "column_name", None) if column is None else column.name
    return type(construct), construct.schema, str(construct.table_name), None if name is None else str(name)


def _sets_not_null(construct: Any) -> tuple[str | None, str] | None:
    """The table of a constraint that makes columns NOT NULL, such as a primary key."""
    element: Any = getattr(construct, "element", None)
    if isinstance(construct, AddConstraint) and isinstance(element, PrimaryKeyConstraint):
        return element.table.schema, str(element.table.name)
    if not isinstance(construct, Create):
        return None
    printed = element.definition if element.kind == "table_constraint" else ""
    if element.kind == "not_null" or printed.startswith(("PRIMARY KEY", "NOT NULL")):
        return element.schema, str(element.table)
    return None


def _keep_if_recreated(
    construct: ops.DropColumn | DropTable, drop: Any, later: list[Any]
) -> ExecutableDDLElement:
    """Keeps a column or table that already is the later creation under the name: it may hold values.

    A generated column holds no values, and prevents changes of the columns that it reads: it is kept only if
    an object depends on it, which an earlier run of the revision has created.
    """
    if (number := recreated(construct, later)) is None:
        return drop  # type: ignore[no-any-return]
    creation = later[number]
    keep = _guard_of_creation(later, number).unless_equal(drop.sql())
    computed = isinstance(creation, ops.AddColumn) and creation.column.computed is not None
    return Guarded(_drop_unless_used(drop.sql(), keep) if computed else keep)


def is_recreated(construct: ops.AddColumn, beyond: list[Any]) -> bool:
    """True if later revisions drop the column that a construct adds, and add it again."""
    name = target(construct)[1:]  # type: ignore[index]
    drops = (
        n
        for n, successor in enumerate(beyond)
        if isinstance(successor, ops.DropColumn) and target(successor)[1:] == name  # type: ignore[index]
    )
    number = next(drops, None)
    return number is not None and recreated(beyond[number], beyond[number + 1 :]) is not None


def refused_if_recreated(construct: Any, drop: Any, beyond: list[Any], created: str) -> ExecutableDDLElement:
    """Refuses to drop an object that equals the later creation under its name, and holds values.

    The values to drop cannot be distinguished from values that were written after the later creation; but an
    object that this run has created is not the later one.

    :param created: SQL expression: the run has created the object.
    """
    if (number := recreated(construct, beyond)) is None:
        return drop  # type: ignore[no-any-return]
    _, schema, table, *column = target(construct)  # type: ignore[misc]
    filled = f"NOT {created}"
    filled += "".join(f" AND {ident(name)} IS NOT NULL" for name in column)
    values = f"SELECT FROM {qualified(table, schema)} WHERE {filled}"
    return Guarded(_guard_of_creation(beyond, number).unless_equal(drop.sql(), values=values))


def _guard_of_creation(later: list[Any], number: int) -> Guard:
    """The guard of the construct that creates a column or table, with its later changes."""
    creation = later[number]
    statement = foreseen(creation, converging(creation), later[number + 1 :], [])
    assert isinstance(statement, Guarded)
    assert isinstance(statement.by, Guard)
    return statement.by


def recreated(construct: ops.DropColumn | DropTable, later: list[Any]) -> int | None:
    """The index of the construct that recreates the dropped table or column; None: no construct does."""
    creations, drops = (
        (CreateTable, DropTable) if isinstance(construct, DropTable) else (ops.AddColumn, ops.DropColumn)
    )
    name = target(construct)[1:]  # type: ignore[index]
    for number, successor in enumerate(later):
        if isinstance(successor, creations | drops) and target(successor)[1:] == name:  # type: ignore[index]
            return number if isinstance(successor, creations) else None
    return None


def _drop_unless_used(drop: str, otherwise: str) -> str:
    """A block that runs ``drop``, or ``otherwise`` if another object depends on the dropped object."""
    handler = "EXCEPTION WHEN dependent_objects_still_exist THEN"
    return block(["BEGIN", f"  EXECUTE {dollar(drop)};", handler, f"  EXECUTE {dollar(otherwise)};", "END"])


def _renamed(construct: Any, later: list[Any]) -> ops.ColumnName | None:
    """The later rename of the column that a construct changes; None if another column has the new name until
    then: in a first run the column of that name is the other column."""
    place = target(construct)
    if place is None or not isinstance(construct, ops.AddColumn | ops.AlterColumn):
        return None
    freed = set()
    for successor in later:
        if not isinstance(successor, ops.ColumnName | ops.DropColumn):
            continue
        _, *column = target(successor)  # type: ignore[misc]
        if column == list(place[1:]):
            is_free = (
                isinstance(successor, ops.ColumnName) and (*column[:2], str(successor.newname)) not in freed
            )
            return successor if is_free else None  # type: ignore[return-value]
        freed.add(tuple(column))
    return None


def _under_new_name(guard: Guard, later: list[Any], rename: ops.ColumnName) -> Guard:
    """Compares the column under its new name if that exists; otherwise the guard runs."""
    old, new, table, schema = rename.column_name, str(rename.newname), rename.table_name, rename.schema
    undo = f"ALTER TABLE {qualified(table, 'pg_temp')} RENAME {ident(new)} TO {ident(old)}"
    number = next(n for n, successor in enumerate(later, 1) if successor is rename)
    first = () if guard.new.like is None else (_aside(table, old), undo)
    steps = (*first, *guard.new.twin, *guard.later, _on_twin(rename, str(table)))
    after = ops.ColumnNullable(table, new, True, schema=schema)  # noqa: FBT003 - any construct of the new name
    name, new_name = (f"a.attname = {literal(column)}" for column in (old, new))
    return replace(
        guard,
        definition=guard.definition.replace(name, new_name),
        exists=guard.exists and guard.exists.replace(name, new_name),
        new=Side(twin=steps, like=guard.new.like),
        old=None,
        absent=(guard.render(),),
        different=None,
        noted="",
        later=tuple(_changes(after, later[number:])),
    )


def _aside(table: str, column: str) -> str:
    """Frees the name on the copy of a table: another column may have got the name by its creation."""
    rename = f"ALTER TABLE {qualified(table, 'pg_temp')} RENAME {ident(column)} TO {ASIDE}"
    return block(["BEGIN", f"  {rename};", "EXCEPTION WHEN undefined_column THEN NULL;", "END"])


def _changes(construct: Any, later: list[Any]) -> list[str]:
    """The later changes of the same table or column, each as a statement on the twin."""
    is_table = isinstance(construct, CreateTable)
    _, schema, table, *rest = target(construct) or (None, None, None)
    column, name = (rest[0] if rest and not is_table else None), table
    changes = []
    for successor in later:
        identity = target(successor)
        if identity is None or identity[2] != name or identity[1] != schema:  # most are of another table
            continue
        cls, *place = identity
        if cls is ops.RenameTable:
            name = str(successor.new_table_name)
            continue
        if cls is DropTable or (cls is ops.DropColumn and place[2] == column):
            break
        of_the_table = is_table or cls in (AddConstraint, Create)
        if cls in (CreateTable, ops.ColumnComment) or (is_table and cls is ops.AddColumn):
            continue  # a guard of a table ignores undeclared columns
        if not (of_the_table or (issubclass(cls, ops.AlterColumn) and place[2] == column)):
            continue
        if cls is ops.ColumnName and not is_table:
            break  # _under_new_name() has the later changes
        changes.append(_on_twin(successor, str(table)))
    return changes


def _on_twin(construct: Any, table: str) -> str:
    """The statement on the copy of a table; the copy keeps its name if the table is renamed."""
    twin = qualified(table, "pg_temp")
    if isinstance(construct, DropConstraint):
        return f"ALTER TABLE {twin} DROP CONSTRAINT {ident(str(construct.element.name))}"
    if isinstance(construct, Create):
        (sql,) = replace(construct.element, schema="pg_temp", table=table).create_sql()
        return sql
    if isinstance(construct, ops.AlterTable):
        construct = copy.copy(construct)
        construct.table_name = table
        return altering.sql_of(construct, twin=True)
    return plain(construct, on=twin)
