"""What later statements of a run make of an object: redefine it, rename it, drop it, or what it stands on.

A second run from an earlier revision meets the object as the last of them has left it. Then the last one is
the judge, which compares; a statement before it stands aside.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Hashable
from dataclasses import replace
from typing import Any, TypeAlias

from alembic.ddl import base as ops
from sqlalchemy import Constraint, PrimaryKeyConstraint
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    ExecutableDDLElement,
)

from app_schema.ddl import (
    Create,
    DDLStatement,
    Drop,
    Guarded,
    Replace,
    TableConstraint,
    TableIndex,
    converging,
)
from app_schema.ddl.constraint import name_of
from app_schema.ddl.enum import EnumType, has_value
from app_schema.ddl.guard import ABSENT, DIFFERENT, NOTED, Guard, Side, block
from app_schema.ddl.object import DDLObject
from app_schema.ddl.rename import there_is
from app_schema.ddl.sql import dollar, ident, literals, qualified
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.alter import AlterTypes
from app_schema.migrations.foresight.column import foreseen, made_again, target

Later: TypeAlias = list[Any]

_GONE = ("42703", "42P01", "42704", "42883", "42804", "3F000")
"""SQLSTATE: a column, table, object, function, fitting type or schema is absent."""
FORESEEABLE = (DIFFERENT, ABSENT, "2BP01", *_GONE)
"""SQLSTATE of the refusals behind which a later statement may stand; 2BP01: a later object depends on it."""
VIOLATION = "23"
"""Class of SQLSTATEs: the rows do not satisfy a constraint."""
_CAUGHT = " OR ".join(f"SQLSTATE '{state}'" for state in FORESEEABLE) + " OR integrity_constraint_violation"


_DROPS = (Drop, DropConstraint, DropIndex, DropTable, ops.DropColumn)
_RENAMEABLE = (AddConstraint, CreateIndex, Create, Guarded, ops.AddColumn, ops.ColumnName)


def subject(construct: Any) -> Hashable:
    """The object that a construct creates, changes or drops, under the name that it has afterwards."""
    element: Any = getattr(construct, "element", None)
    if isinstance(construct, ops.AddColumn | ops.DropColumn | ops.AlterColumn):
        change = _renaming(construct)
        name = construct.column_name if isinstance(construct, ops.AlterColumn) else construct.column.name
        return "column", construct.schema, str(construct.table_name), str(change.new if change else name)
    if isinstance(construct, CreateIndex | DropIndex):
        return "index", element.table.schema if element.table is not None else None, str(element.name)
    if isinstance(construct, AddConstraint | DropConstraint):
        return _constraint(element)
    if isinstance(construct, CreateTable | DropTable):
        return "table", element.schema, str(element.name)
    statement = construct if isinstance(construct, DDLStatement) else converging(construct)
    return _subject_of(statement)


def _constraint(constraint: Constraint) -> Hashable:
    name, table = name_of(constraint), constraint.table
    return name and ("constraint", table.schema, str(table.name), name)


def _subject_of(statement: Any) -> Hashable:
    change, element = (getattr(statement, name, None) for name in ("change", "element"))
    if isinstance(change, Renaming):
        return _named(change, change.new)
    if isinstance(element, TableConstraint):
        return "constraint", element.schema, element.table, element.name
    if isinstance(element, TableIndex):
        return "index", element.schema, element.name
    return element.identity if isinstance(element, DDLObject) else None


def outlived(
    construct: ExecutableDDLElement, statement: ExecutableDDLElement, own: Later, later: Later, again: str
) -> ExecutableDDLElement | None:
    """The statement with all that is accepted in its place; None where nothing later concerns it.

    :param own: the part of ``later`` that is of the same revision.
    :param again: SQL expression: there is a run before this one. Empty: that is known.
    """
    if not isinstance(statement, DDLStatement):
        return None
    moot = _moot(construct, later)
    if isinstance(construct, ops.DropColumn | DropTable):
        kept = foreseen(construct, statement, later, []) if again else statement
        moot += [] if kept is statement else _sql(kept)
        return Guarded(_otherwise(statement.sql(), moot, [], (), again)) if moot else None
    moot += _stands_on_made_again(construct, statement, later)
    accepted = [
        *_changed(construct, statement, own, later),
        *_redefined(construct, later),
        *_on_renamed_columns(statement, later),
    ]
    tolerated = _tolerated(construct, statement, later)
    if not (moot or accepted or tolerated):
        return None
    return Guarded(_otherwise(statement.sql(), moot, accepted, tolerated, again))


def unless_renamed(
    construct: ExecutableDDLElement, statement: ExecutableDDLElement, later: Later
) -> ExecutableDDLElement:
    """The statement, unless the object is there under the name that a later statement gives it; or, where it
    drops one, unless another object has its name by now."""
    moot = _moot(construct, later)
    if not moot or not isinstance(statement, DDLStatement):
        return statement
    return Guarded(_otherwise(statement.sql(), moot, [], (), ""))


def _sql(statement: Any) -> list[str]:
    return [statement.sql()] if isinstance(statement, DDLStatement) else []


def _changed(construct: Any, statement: DDLStatement, own: Later, later: Later) -> list[str]:
    """The statement about a column, if later revisions change the column."""
    beyond = later[len(own) :]
    if isinstance(construct, AlterTypes):  # one by one, where not all are as they were
        lines = []
        for one in construct.changes:
            by = converging(one)
            seen = outlived(one, by, own, later, "")
            lines += [f"  EXECUTE {dollar(sql)};" for sql in _sql(by if seen is None else seen)]
        return [block(["BEGIN", *lines, "END"])]
    if target(construct) is None:
        return []
    if isinstance(construct, CreateTable):
        construct = _without_dropped(construct, later)
    instead = _sql(foreseen(construct, converging(construct), own, beyond))
    return [] if instead == _sql(statement) else instead


def _otherwise(
    main: str, moot: list[str], accepted: list[str], tolerated: tuple[str, ...], again: str
) -> str:
    """The block: nothing where one of ``moot`` finds what it wants; else the statement; where it is refused,
    one of ``accepted``; else silence where the refusal is tolerated."""
    first = [f"  IF NOT ({again}) THEN", f"    EXECUTE {dollar(main)};", "    RETURN;", "  END IF;"]
    return block(
        [
            "DECLARE",
            "  state text;",
            "  message text;",
            "  detail text;",
            "  hint text;",
            "BEGIN",
            *(first if again else ()),
            *(line for one in moot for line in _tried(one)),
            *_tried(
                main,
                "state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, "
                "hint = PG_EXCEPTION_HINT",
            ),
            *(line for one in accepted for line in _tried(one)),
            f"  IF state = ANY ({literals(tolerated)}) OR left(state, 2) = ANY ({literals(tolerated)}) THEN",
            f"    RAISE NOTICE USING ERRCODE = '{NOTED}',",
            "      MESSAGE = message || ': left to a later revision of this run';",
            "    RETURN;",
            "  END IF;",
            "  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, HINT = hint;",
            "END",
        ]
    )


def _tried(sql: str, diagnostics: str = "") -> list[str]:
    return [
        "  BEGIN",
        f"    EXECUTE {dollar(sql)};",
        "    RETURN;",
        f"  EXCEPTION WHEN {_CAUGHT} THEN",
        f"    GET STACKED DIAGNOSTICS {diagnostics};" if diagnostics else "    NULL;",
        "  END;",
    ]


def _creates(construct: Any) -> bool:
    return not isinstance(construct, (*_DROPS, ops.AlterColumn))


def _verified(construct: Any, rest: Later | None = None) -> list[str]:
    """The guard of a construct that creates something, as a question: nothing is made.

    :param rest: what follows; a column or table may also be as this leaves it.
    """
    statement = construct if isinstance(construct, DDLStatement) else converging(construct)
    if isinstance(construct, ops.AddColumn | CreateTable):
        statement = foreseen(construct, statement, rest or [], [])
    by = getattr(statement, "by", None)
    if not isinstance(by, Guard):
        return []
    return [replace(by, absent=None, different=None, old=None).render()]


def _without_dropped(construct: CreateTable, later: Later) -> CreateTable:
    """The table without the constraints that later statements drop: a table is no judge of these."""
    table = construct.element
    dropped = {subject(one) for one in later if isinstance(one, DropConstraint)}
    kept = {
        one
        for one in table.constraints
        if isinstance(one, PrimaryKeyConstraint) or _constraint(one) not in dropped
    }
    if kept == table.constraints:
        return construct
    without: Any = copy.copy(table)
    without.constraints = kept
    without.foreign_keys = {one for one in table.foreign_keys if one.constraint in kept}
    return CreateTable(without)


def _redefined(construct: Any, later: Later) -> list[str]:
    """What later statements create in the place of the object."""
    found, known = list[str](), subject(construct)
    if known is None or isinstance(construct, _DROPS):
        return []
    statement = converging(construct)
    element = statement.element if isinstance(statement, Create | Replace) else None
    for number, one in enumerate(later, 1):
        if isinstance(element, EnumType) and (labelled := _labelled(element, one)):
            element = labelled
            found += _verified(Create(element))
        elif _creates(one) and _share_name(subject(one), known):
            found += _verified(one, later[number:])
    return found


def _share_name(one: Any, other: Any) -> bool:
    """The same object, or a constraint and an index: a constraint may own an index of its name."""
    kinds = one is not None and {one[0], other[0]} == {"constraint", "index"}
    return bool(one == other or (kinds and (one[1], one[-1]) == (other[1], other[-1])))


def _labelled(enum: EnumType, one: Any) -> EnumType | None:
    """The enum after a later statement has added or renamed a label."""
    change = getattr(one, "change", None)
    if not isinstance(change, Labelling) or (change.schema, change.name) != (enum.schema, enum.name):
        return None
    labels = list(enum.labels)
    if change.instead_of is not None:
        labels = [change.label if label == change.instead_of else label for label in labels]
    elif change.label not in labels:
        beside = change.before or change.after
        place = labels.index(beside) + (change.before is None) if beside in labels else len(labels)
        labels.insert(place, change.label)
    return replace(enum, labels=tuple(labels))


def _moot(construct: Any, later: Later) -> list[str]:
    """What tells that a later rename was carried out before: then the statement is not sent."""
    return _replaced(construct, later) if isinstance(construct, _DROPS) else _renamed(construct, later)


def _renamed(construct: Any, later: Later) -> list[str]:
    """The object under the names that later statements give it.

    Only a name that no other object has until then: where one has it and gives it up, the object is not yet
    the renamed one in a first run.
    """
    begun = getattr(construct, "change", None) or _renaming(construct)
    if isinstance(begun, Labelling):
        return [] if begun.instead_of is not None else _relabelled(begun, later)
    known, renamed = subject(construct), construct
    if known is None or not isinstance(construct, _RENAMEABLE):
        return []
    found, given_up = list[str](), set[Hashable]()
    for number, one in enumerate(later, 1):
        change, by = _renaming(one), subject(one)
        if change is not None and known == _named(change, change.old):
            if begun is not None and change.new == begun.old:
                return []  # a revision that undoes renames begins with them
            known = _named(change, change.new)
            renamed = construct if begun is not None else _under_name(renamed, change.new)
            if known not in given_up:
                found += [_has(change)] if begun is not None else _verified(renamed, later[number:])
        elif change is not None or isinstance(one, _DROPS):
            given_up.add(by if change is None else _named(change, change.old))
        elif _creates(one) and renamed is not construct and by == known:
            found += _verified(one, later[number:])
    return found if begun is None else _with_old_name_taken(begun, found, later)


def _with_old_name_taken(begun: Renaming, found: list[str], later: Later) -> list[str]:
    """What tells that a rename was done before, even if another object has the old name by now."""
    old = _named(begun, begun.old)
    taken = [
        sql
        for number, one in enumerate(later, 1)
        if _creates(one) and subject(one) == old
        for sql in _verified(one, later[number:])
    ]
    return [_both(there, sql) for there in (_has(begun), *found) for sql in taken] if taken else found


def is_renamed(construct: Any, later: Later) -> bool:
    """True if one of these statements renames what a construct creates or renames itself, or gives its name
    to another object."""
    added, known = getattr(construct, "change", None), subject(construct)
    if isinstance(added, Labelling):
        return any(isinstance(getattr(one, "change", None), Labelling) for one in later)
    changes = (change for one in later if (change := _renaming(one)) is not None)
    return any(known in (_named(one, one.old), _named(one, one.new)) for one in changes)


def _replaced(drop: Any, later: Later) -> list[str]:
    """What tells that another object has taken the name of a dropped one: nothing has its own name any more.

    In a first run it has that name until it is renamed, unless it is created meanwhile.
    """
    known, created = subject(drop), set[Hashable]()
    for one in later:
        change = _renaming(one)
        if change is None:
            if subject(one) == known:
                return []
            created.add(subject(one))
        elif _named(change, change.new) == known:
            if _named(change, change.old) in created:
                return []
            return [there_is(change.kind, change.old, change.table, change.schema, no=True)]
        else:
            created.add(_named(change, change.new))
    return []


def _renaming(construct: Any) -> Renaming | None:
    if isinstance(construct, ops.ColumnName):
        table, old, new = construct.table_name, construct.column_name, construct.newname
        return Renaming("column", construct.schema, str(table), str(old), str(new))
    change = getattr(construct, "change", None)
    return change if isinstance(change, Renaming) else None


def _named(change: Renaming, name: str) -> tuple[Any, ...]:
    """The subject of a rename, under one of its names."""
    table = () if change.kind == "index" else (change.table,)
    return change.kind, change.schema, *table, name


def _has(change: Renaming) -> str:
    return there_is(change.kind, change.new, change.table, change.schema)


def _both(one: str, other: str) -> str:
    return block(["BEGIN", f"  EXECUTE {dollar(one)};", f"  EXECUTE {dollar(other)};", "END"])


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


def _relabelled(added: Labelling, later: Later) -> list[str]:
    """The label under the names that later statements give it, where no other label has them until then."""
    found, label, given_up = list[str](), added.label, set[str]()
    for one in later:
        change = getattr(one, "change", None)
        if not isinstance(change, Labelling) or change[:2] != added[:2] or change.instead_of is None:
            continue
        if change.instead_of != label:
            given_up.add(change.instead_of)
            continue
        label = change.label
        if label not in given_up:
            found.append(has_value(added.name, label, schema=added.schema))
    return found


def _table(construct: Any) -> tuple[str | None, str] | None:
    """The table of which a construct creates or changes a part."""
    element = getattr(construct, "element", None)
    if isinstance(construct, ops.AlterTable):
        return construct.schema, str(construct.table_name)
    if isinstance(construct, AddConstraint | CreateIndex):
        return element.table.schema, str(element.table.name)  # type: ignore[union-attr]
    if isinstance(construct, Create | Replace) and element is not None and element.table is not None:
        return element.schema, element.table
    return None


def _words(statement: DDLStatement) -> set[str]:
    """The words of what a statement sends for an object that is absent or different."""
    by = getattr(statement, "by", None)
    sent = [*(by.absent or ()), *(by.different or ())] if isinstance(by, Guard) else []
    return set(re.findall(r"\w+", " ".join(one for one in sent if not one.startswith("DO "))))


def _stands_on_made_again(construct: Any, statement: DDLStatement, later: Later) -> list[str]:
    """The table or column that the statement speaks of, if it is dropped and made again later."""
    found, table, words = list[str](), _table(construct), _words(statement)
    if table is None or isinstance(construct, ops.DropColumn):
        return []
    for number, one in enumerate(later):
        if not isinstance(one, ops.DropColumn | DropTable):
            continue
        name = str(one.column.name) if isinstance(one, ops.DropColumn) else None
        if target(one)[1:3] == table and (name is None or name in words):  # type: ignore[index]
            rest = later[number + 1 :]
            if (again := made_again(one, rest)) is not None:
                found += _verified(rest[again], rest[again + 1 :])
    return found


def _on_renamed_columns(statement: DDLStatement, later: Later) -> list[str]:
    """The object made on a copy of the table whose columns have their earlier names for a moment."""
    by = getattr(statement, "by", None)
    if not isinstance(by, Guard) or not by.new.twin or " (LIKE " not in by.new.twin[0]:
        return []
    make, *rest = by.new.twin
    twin = make.removeprefix("CREATE TABLE ").partition(" (LIKE ")[0]
    like = make.partition(" (LIKE ")[2].removesuffix(")")
    renames = [
        (str(one.column_name), str(one.newname))
        for one in later
        if isinstance(one, ops.ColumnName) and like == qualified(one.table_name, one.schema)
    ]
    if not renames:
        return []

    def steps(pairs: list[tuple[str, str]]) -> list[str]:
        return [f"ALTER TABLE {twin} RENAME {ident(old)} TO {ident(new)}" for old, new in pairs]

    back = steps([(new, old) for old, new in reversed(renames)])
    side = Side(twin=(make, *back, *rest, *steps(renames)), exact=by.new.exact)
    return [replace(by, new=side, absent=None, different=None, old=None).render()]


def _tolerated(construct: Any, statement: DDLStatement, later: Later) -> tuple[str, ...]:
    """The refusals that do not count, because the object or what it stands on is dropped or renamed later."""
    known, words = subject(construct), _words(statement)
    tolerated: set[str] = set()
    for one in later:
        if isinstance(one, _DROPS) and known is not None and subject(one) == known:
            tolerated |= {*_GONE, ABSENT, VIOLATION}
        elif (name := _gone(one)) is not None and name in words:
            tolerated |= {*_GONE, ABSENT}
    return tuple(sorted(tolerated))


def _gone(one: Any) -> str | None:
    """The name that is there no more after a later statement."""
    if isinstance(one, ops.DropColumn):
        return str(one.column.name)
    if isinstance(one, ops.ColumnName):
        return str(one.column_name)
    if isinstance(one, ops.RenameTable):
        return str(one.table_name)
    if isinstance(one, DropTable):
        return str(one.element.name)
    return one.element.name if isinstance(one, Drop) else None
