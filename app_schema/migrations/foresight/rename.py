"""What later statements of a run rename: the object is found under the name that they give it."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropTable

from app_schema.ddl import Create, DDLStatement, Guarded
from app_schema.ddl.block import block
from app_schema.ddl.enum import has_value
from app_schema.ddl.object import DDLObject
from app_schema.ddl.rename import there_is
from app_schema.ddl.sql import dollar, literal, qualified
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.foresight.constructs import (
    DROPS,
    Later,
    creates,
    named,
    relabellings,
    renaming,
    subject,
    verified,
)

_RENAMEABLE = (AddConstraint, CreateIndex, Create, Guarded, ops.AddColumn, ops.ColumnName)


def moot(construct: Any, later: Later) -> list[str]:
    """What tells that a later rename was carried out before: then the statement is not sent."""
    if isinstance(construct, DROPS):
        return _replaced(subject(construct), later)
    change = renaming(construct)
    replaced = [] if change is None else _replaced(named(change, change.old), later)
    return [*replaced, *_renamed(construct, later)]


def _renamed(construct: Any, later: Later) -> list[str]:
    """The object under the names that later statements give it.

    Only a name that no other object has until then: where one has it and gives it up, the object is not yet
    the renamed one in a first run, unless that other object has its own new name.
    """
    begun = getattr(construct, "change", None) or renaming(construct)
    if isinstance(begun, Labelling):
        return [] if begun.instead_of is not None else _relabelled(begun, later)
    known, renamed = subject(construct), construct
    if known is None or not isinstance(construct, _RENAMEABLE):
        return []
    found, given_up = list[str](), dict[Hashable, tuple[Renaming, Later] | None]()
    for number, one in enumerate(later, 1):
        change, by = renaming(one), subject(one)
        if change is not None and known == named(change, change.old):
            if begun is not None and change.new == begun.old:
                return []  # a revision that undoes renames begins with them
            known = named(change, change.new)
            renamed = construct if begun is not None else _under_name(renamed, change.new)
            there = [_has(change)] if begun is not None else verified(renamed, later[number:])
            if known not in given_up:
                found += there
            elif begun is None:
                found += _with_giver(given_up[known], set(given_up), there)
        elif change is not None or isinstance(one, DROPS):
            place = by if change is None else named(change, change.old)
            given_up[place] = None if change is None else (change, later[number:])
        elif creates(one) and renamed is not construct and by == known:
            found += verified(one, later[number:])
    return found if begun is None else _with_old_name_taken(begun, found, later)


def _with_giver(giver: tuple[Renaming, Later] | None, given_up: set[Hashable], there: list[str]) -> list[str]:
    """The question for an object whose later name another one gives up: does that one have its own new name?

    :param giver: the rename by which the other one gives the name up, and what follows.
    """
    last = None if giver is None else _last(*giver)
    if last is None or named(last, last.new) in given_up:  # in a first run a third object has that name
        return []
    return [both(_has(last), sql) for sql in there]


def under_later_name(
    construct: CreateTable | ops.RenameTable, statement: DDLStatement, later: Later
) -> Guarded | None:
    """The statement that creates or renames a table, unless the table has the name that a later statement
    gives it: then that table is compared, and none is created under the old name.

    None where nothing renames the table later, or another table has that name until then: in a first run the
    table under it is the other one.
    """
    if isinstance(construct, CreateTable):
        schema, absent = construct.element.schema, str(construct.element.name)
        begun = absent
    else:
        schema, absent, begun = construct.schema, construct.table_name, str(construct.new_table_name)
    name, rest, given_up = begun, Later(), set[str]()
    for number, other in enumerate(later, 1):
        old = _given_up(other, schema)
        if old == name:
            if isinstance(other, DropTable):
                return None
            name, rest = str(other.new_table_name), later[number:]
        elif old is not None:
            given_up.add(old)
    if name in {begun, absent, *given_up}:
        return None
    compared = "NULL;"
    if isinstance(construct, CreateTable):
        renamed: Any = copy.copy(construct.element)
        renamed.name = name
        (compared,) = (f"EXECUTE {dollar(sql)};" for sql in verified(CreateTable(renamed), rest))
    found, gone = (f"to_regclass({literal(qualified(table, schema))})" for table in (name, absent))
    return Guarded(
        block(
            [
                "BEGIN",
                f"  IF {found} IS NOT NULL AND {gone} IS NULL THEN",
                f"    {compared}",
                "  ELSE",
                f"    EXECUTE {dollar(statement.sql())};",
                "  END IF;",
                "END",
            ]
        )
    )


def _given_up(construct: Any, schema: str | None) -> str | None:
    """The name that a table of a schema loses."""
    if isinstance(construct, DropTable) and construct.element.schema == schema:
        return str(construct.element.name)
    renames = isinstance(construct, ops.RenameTable) and construct.schema == schema
    return str(construct.table_name) if renames else None


def _last(begun: Renaming, behind: Later) -> Renaming:
    """A rename with the name that the object has in the end."""
    for construct in behind:
        change = renaming(construct)
        if change is not None and named(change, change.old) == named(begun, begun.new):
            begun = begun._replace(new=change.new)
    return begun


def _with_old_name_taken(begun: Renaming, found: list[str], later: Later) -> list[str]:
    """What tells that a rename was done before, even if another object has the old name by now."""
    old = named(begun, begun.old)
    taken = [
        sql
        for number, one in enumerate(later, 1)
        if creates(one) and subject(one) == old
        for sql in verified(one, later[number:])
    ]
    return [both(there, sql) for there in (_has(begun), *found) for sql in taken] if taken else found


def is_renamed(construct: Any, later: Later) -> bool:
    """True if one of these statements renames what a construct creates or renames itself, or gives its name
    to another object."""
    added, known = getattr(construct, "change", None), subject(construct)
    if isinstance(added, Labelling):
        return any(isinstance(getattr(one, "change", None), Labelling) for one in later)
    begun = renaming(construct)
    names = {known} if begun is None else {known, named(begun, begun.old)}
    changes = (change for other in later if (change := renaming(other)) is not None and change != begun)
    return any(names & {named(change, change.old), named(change, change.new)} for change in changes)


def _replaced(known: Hashable, later: Later) -> list[str]:
    """What tells that another object has taken a name that is given up: nothing has its own name any more.

    In a first run it has that name until it is renamed, unless it is created meanwhile.
    """
    created = set[tuple[Any, Any]]()  # by kind and name: a schema may be left out
    for construct in later:
        change, own = renaming(construct), subject(construct)
        if change is None:
            if own == known:
                return []
            if isinstance(own, tuple):
                created.add((own[0], own[-1]))
        elif named(change, change.new) == known:
            if (change.kind, change.old) in created:
                return []
            return [there_is(change.kind, change.old, change.table, change.schema, no=True)]
        else:
            created.add((change.kind, change.new))
    return []


def _relabelled(added: Labelling, later: Later) -> list[str]:
    """The label under the names that later statements give it, where no other label has them until then; or
    where that other label has its own new name."""
    found, label, given_up = list[str](), added.label, dict[str | None, int]()
    changes = relabellings(added, later)
    for number, change in enumerate(changes):
        if change.instead_of != label:
            given_up[change.instead_of] = number
            continue
        label = change.label
        there = has_value(added.name, label, schema=added.schema)
        if label in given_up:
            other: str | None = label
            for rename in changes[given_up[label] :]:
                other = rename.label if rename.instead_of == other else other
            if other in given_up:  # a third label has that name in a first run
                continue
            there = both(has_value(added.name, str(other), schema=added.schema), there)
        found.append(there)
    return found


def _under_name(construct: Any, name: str) -> Any:
    """The construct that creates a column, constraint or index, under another name."""
    renamed = copy.copy(construct)
    part = "column" if isinstance(construct, ops.AddColumn) else "element"
    element = getattr(construct, part)
    if isinstance(element, DDLObject):
        element = replace(element, name=name)
    else:
        element = copy.copy(element)
        element.name = name
    setattr(renamed, part, element)
    return renamed


def _has(change: Renaming) -> str:
    return there_is(change.kind, change.new, change.table, change.schema)


def both(one: str, other: str) -> str:
    return block(["BEGIN", f"  EXECUTE {dollar(one)};", f"  EXECUTE {dollar(other)};", "END"])
