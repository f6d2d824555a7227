"""What a revision does later to a column: a second run finds the column as the revision leaves it.

"Add it nullable, fill it, set NOT NULL" is one revision; so is "add it with a default, drop the default", and
"drop it, add another one of the name". A guard that knew its own step alone would refuse what the revision
itself has made.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.schema import AddConstraint, CreateTable, DropConstraint, DropTable, ExecutableDDLElement

from app_schema.ddl import Create, Guarded, TableConstraint, converging
from app_schema.ddl.block import block
from app_schema.ddl.guard import Guard
from app_schema.ddl.sql import DIALECT, dollar, ident, literal, plain, qualified
from app_schema.ddl.twin import Side
from app_schema.migrations import altering


def foreseen(
    construct: ExecutableDDLElement, statement: ExecutableDDLElement, own: list[Any], beyond: list[Any]
) -> ExecutableDDLElement:
    """The statement; equal is also what the column becomes later.

    :param own: what follows in its revision.
    :param beyond: what the later revisions of the run send.
    """
    later = [*own, *beyond]
    if isinstance(construct, ops.DropColumn | DropTable):
        return _kept_if_made_again(construct, statement, later)
    rename = _renamed(construct, later)
    if isinstance(construct, ops.ColumnComment):
        return statement
    if rename is None and _is_carried_out_anyway(construct, own) and not _changes(construct, beyond):
        return statement
    by = statement.by if isinstance(statement, Guarded) else None
    if not isinstance(by, Guard):
        return statement
    changes = _changes(construct, later)
    if by.new.value is not None and (changes or rename is not None):
        by = replace(by, new=altering.after(construct))  # the state was a word: NOT NULL, or no default
    by = replace(by, later=tuple(changes))
    return Guarded(by if rename is None else _under_new_name(by, later, rename))


def _is_carried_out_anyway(construct: Any, later: list[Any]) -> bool:
    """True if a statement alters whatever it finds, or states as found what the revision ends with.

    What stands between may need such a step: a column that is nullable, has no default or another type for a
    while. On the first run the column is already as the revision leaves it, and the step must not be skipped.
    """
    if isinstance(construct, ops.ColumnNullable):
        return True
    last = [one for one in later if type(one) is type(construct) and target(one) == target(construct)][-1:]
    if isinstance(construct, ops.ColumnDefault):
        stated: Any = construct.existing_server_default
        return stated is None or stated is False or any(str(one.default) == str(stated) for one in last)
    if isinstance(construct, ops.ColumnType) and construct.existing_type is not None:
        before = construct.existing_type.compile(dialect=DIALECT)
        return any(one.type_.compile(dialect=DIALECT) == before for one in last)
    return False


def target(construct: Any) -> tuple[Any, ...] | None:
    """What tells a construct from others: its class, and the table and column that it changes."""
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
    """The table, where a constraint makes columns NOT NULL: a primary key does so too."""
    element: Any = getattr(construct, "element", None)
    if isinstance(construct, AddConstraint) and isinstance(element, PrimaryKeyConstraint):
        return element.table.schema, str(element.table.name)
    printed = isinstance(construct, Create) and isinstance(element, TableConstraint)
    if printed and element.definition.startswith(("PRIMARY KEY", "NOT NULL")):
        return element.schema, str(element.table)
    return None


def _kept_if_made_again(
    construct: ops.DropColumn | DropTable, drop: Any, later: list[Any]
) -> ExecutableDDLElement:
    """A column or table stays that is already what is made of the name later: it may hold values by now.

    A generated column holds none of its own, and stands in the way of what it reads: it stays if something
    depends on it, which the revision has made before.
    """
    if (number := made_again(construct, later)) is None:
        return drop  # type: ignore[no-any-return]
    one = later[number]
    kept = _as_made(later, number).unless_equal(drop.sql())
    computed = isinstance(one, ops.AddColumn) and one.column.computed is not None
    return Guarded(_drop_unless_used(drop.sql(), kept) if computed else kept)


def is_made_again(construct: ops.AddColumn, beyond: list[Any]) -> bool:
    """True if later revisions drop the column that a construct adds, and make it again."""
    name = target(construct)[1:]  # type: ignore[index]
    drops = (n for n, one in enumerate(beyond) if isinstance(one, ops.DropColumn) and target(one)[1:] == name)  # type: ignore[index]
    number = next(drops, None)
    return number is not None and made_again(beyond[number], beyond[number + 1 :]) is not None


def refused_if_made_again(construct: Any, drop: Any, beyond: list[Any], created: str) -> ExecutableDDLElement:
    """Nothing is dropped that a later revision makes again, is already as that makes it, and holds values.

    Nobody can tell whether these are the values to drop, or those that were written since; but what this run
    has created itself is not what a later revision has created.

    :param created: SQL expression: the run has created it.
    """
    if (number := made_again(construct, beyond)) is None:
        return drop  # type: ignore[no-any-return]
    _, schema, table, *column = target(construct)  # type: ignore[misc]
    filled = f"NOT {created}"
    filled += "".join(f" AND {ident(one)} IS NOT NULL" for one in column)
    holds = f"SELECT FROM {qualified(table, schema)} WHERE {filled}"
    return Guarded(_as_made(beyond, number).unless_equal(drop.sql(), holds=holds))


def _as_made(later: list[Any], number: int) -> Guard:
    """The guard of the construct that makes a column or table, with what becomes of it afterwards."""
    one = later[number]
    made = foreseen(one, converging(one), later[number + 1 :], [])
    assert isinstance(made, Guarded)
    assert isinstance(made.by, Guard)
    return made.by


def made_again(construct: ops.DropColumn | DropTable, later: list[Any]) -> int | None:
    """Where the table or column that a construct drops is made again."""
    made, dropped = (
        (CreateTable, DropTable) if isinstance(construct, DropTable) else (ops.AddColumn, ops.DropColumn)
    )
    name = target(construct)[1:]  # type: ignore[index]
    for number, one in enumerate(later):
        if isinstance(one, made | dropped) and target(one)[1:] == name:  # type: ignore[index]
            return number if isinstance(one, made) else None
    return None


def _drop_unless_used(drop: str, otherwise: str) -> str:
    """A block that runs ``drop``, and ``otherwise`` where another object depends on what it drops."""
    caught = "EXCEPTION WHEN dependent_objects_still_exist THEN"
    return block(["BEGIN", f"  EXECUTE {dollar(drop)};", caught, f"  EXECUTE {dollar(otherwise)};", "END"])


def _renamed(construct: Any, later: list[Any]) -> ops.ColumnName | None:
    """The later rename of the column that a construct changes; None where another column has that name until
    then: in a first run the column under it is the other one."""
    place = target(construct)
    if place is None or not isinstance(construct, ops.AddColumn | ops.AlterColumn):
        return None
    given_up = set()
    for one in later:
        if not isinstance(one, ops.ColumnName | ops.DropColumn):
            continue
        _, *column = target(one)  # type: ignore[misc]
        if column == list(place[1:]):
            known = isinstance(one, ops.ColumnName) and (*column[:2], str(one.newname)) not in given_up
            return one if known else None  # type: ignore[return-value]
        given_up.add(tuple(column))
    return None


def _under_new_name(by: Guard, later: list[Any], rename: ops.ColumnName) -> Guard:
    """Where the column has its new name already, that one is compared; else the guard is carried out."""
    old, new, table, schema = rename.column_name, str(rename.newname), rename.table_name, rename.schema
    back = f"ALTER TABLE {qualified(table, 'pg_temp')} RENAME {ident(new)} TO {ident(old)}"
    number = next(n for n, one in enumerate(later, 1) if one is rename)
    first = () if by.new.like is None else (back,)
    steps = (*first, *by.new.twin, *by.later, _on_twin(rename, str(table)))
    after = ops.ColumnNullable(table, new, True, schema=schema)  # noqa: FBT003 - any construct of the new name
    return replace(
        by,
        definition=by.definition.replace(f"a.attname = {literal(old)}", f"a.attname = {literal(new)}"),
        new=Side(twin=steps, like=by.new.like),
        old=None,
        absent=(by.render(),),
        different=None,
        noted="",
        later=tuple(_changes(after, later[number:])),
    )


def _changes(construct: Any, later: list[Any]) -> list[str]:
    """What follows on the same table, or on the same column of it, each as a statement on the twin."""
    whole = isinstance(construct, CreateTable)
    _, schema, table, *rest = target(construct) or (None, None, None)
    column, name = (rest[0] if rest and not whole else None), table
    found = []
    for one in later:
        cls, *place = target(one) or (None,)
        if place[:2] != [schema, name]:
            continue
        if cls is ops.RenameTable:
            name = str(one.new_table_name)
            continue
        if cls is DropTable or (cls is ops.DropColumn and place[2] == column):
            break
        of_the_table = whole or cls in (AddConstraint, Create)
        if cls in (CreateTable, ops.ColumnComment) or (whole and cls is ops.AddColumn):
            continue  # a table is not compared in the columns that it has besides
        if not (of_the_table or (issubclass(cls, ops.AlterColumn) and place[2] == column)):
            continue
        if cls is ops.ColumnName and not whole:
            break  # _under_new_name() knows what follows
        found.append(_on_twin(one, str(table)))
    return found


def _on_twin(construct: Any, table: str) -> str:
    """The statement on the copy of a table, which keeps its name where the table is renamed."""
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
