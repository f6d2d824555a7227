"""The object of a construct, and the query for its existence."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from alembic.ddl import base as ops
from sqlalchemy import Constraint
from sqlalchemy.dialects.postgresql.named_types import (
    CreateDomainType,
    CreateEnumType,
    DropDomainType,
    DropEnumType,
)
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropConstraint, DropIndex, DropTable

from app_schema.ddl import Create, DDLStatement, Drop, Replace, converging
from app_schema.ddl.block import ABSENT, DIFFERENT
from app_schema.ddl.constraint import name_of
from app_schema.ddl.enum import has_value
from app_schema.ddl.guard import Guard
from app_schema.ddl.object import DDLObject
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.foresight.column import foreseen

Later: TypeAlias = list[Any]
"""Constructs that a run sends after a construct."""
WHOLE = ("table", "enum", "sequence")
"""The kinds of renamable objects that are no part of another object."""
DROPS = (Drop, DropConstraint, DropIndex, DropTable, ops.DropColumn)
_CREATES_NOTHING = (*DROPS, ops.AlterColumn)
GONE = ("42703", "42P01", "42704", "42883", "42804", "3F000")
"""SQLSTATE: a column, table, object, function, fitting type or schema is absent."""
FORESEEABLE = (DIFFERENT, ABSENT, "2BP01", "22P02", "22007", *GONE)
"""SQLSTATEs of refusals that a later statement may cause; 2BP01: a later object depends on the object; 22P02
and 22007: a literal does not fit the later type of a column."""
VIOLATION = "23"
"""Class of SQLSTATEs: the rows do not satisfy a constraint."""
CAUGHT = " OR ".join(f"SQLSTATE '{state}'" for state in FORESEEABLE) + " OR integrity_constraint_violation"
"""Condition of an EXCEPTION clause: a refusal of these."""
_OF_TYPES = (CreateEnumType, DropEnumType, CreateDomainType, DropDomainType)
_SUBJECTS: WeakKeyDictionary[Any, tuple[Hashable]] = WeakKeyDictionary()
"""Cached, because each construct is queried for every earlier statement."""
_RENAMES_NOTHING = frozenset(
    (*DROPS, ops.AddColumn, AddConstraint, Create, CreateIndex, CreateTable, Replace)
)
"""Classes that rename nothing, checked first for the same reason."""


def own_statement(construct: Any) -> Any:
    """The statement of app_schema.ddl for SQLAlchemy's CREATE and DROP of a type."""
    return converging(construct) if isinstance(construct, _OF_TYPES) else construct


def subject(construct: Any) -> Hashable:
    """The object that a construct creates, changes or drops, with its name after the construct."""
    if (cached := _SUBJECTS.get(construct)) is None:
        cached = _SUBJECTS[construct] = (_subject(construct),)
    return cached[0]


def _subject(construct: Any) -> Hashable:
    element: Any = getattr(construct, "element", None)
    change = renaming(construct)
    if isinstance(construct, ops.AddColumn | ops.DropColumn | ops.AlterColumn):
        name = construct.column_name if isinstance(construct, ops.AlterColumn) else construct.column.name
        return "column", construct.schema, str(construct.table_name), str(change.new if change else name)
    if isinstance(construct, CreateIndex | DropIndex):
        return "index", element.table.schema if element.table is not None else None, None, str(element.name)
    if isinstance(construct, AddConstraint | DropConstraint):
        return constraint_of(element)
    if isinstance(construct, CreateTable | DropTable):
        return "table", element.schema, None, str(element.name)
    if change is not None:
        return named(change, change.new)
    return _subject_of(construct if isinstance(construct, DDLStatement) else converging(construct))


def constraint_of(constraint: Constraint) -> Hashable:
    name, table = name_of(constraint), constraint.table
    return name and ("constraint", table.schema, str(table.name), name)


def _subject_of(statement: Any) -> Hashable:
    change, element = (getattr(statement, name, None) for name in ("change", "element"))
    if isinstance(change, Labelling):
        return "label", change.schema, change.name, change.label
    if not isinstance(element, DDLObject):
        return None
    if element.kind == "table_constraint":
        return "constraint", element.schema, element.table, element.name
    if element.kind == "table_index":
        return "index", element.schema, None, element.name
    return element.identity


def renaming(construct: Any) -> Renaming | None:
    if type(construct) in _RENAMES_NOTHING:
        return None
    if isinstance(construct, ops.RenameTable):
        table, new = str(construct.table_name), str(construct.new_table_name)
        return Renaming("table", construct.schema, None, table, new)
    if isinstance(construct, ops.ColumnName):
        table, old, new = construct.table_name, construct.column_name, construct.newname
        return Renaming("column", construct.schema, str(table), str(old), str(new))
    change = getattr(construct, "change", None)
    return change if isinstance(change, Renaming) else None


def relabellings(label: Labelling, constructs: Iterable[Any]) -> list[Labelling]:
    """The constructs that rename a label of the same enum."""
    changes = (getattr(construct, "change", None) for construct in constructs)
    return [
        change
        for change in changes
        if isinstance(change, Labelling) and change[:2] == label[:2] and change.instead_of is not None
    ]


def named(change: Renaming, name: str) -> tuple[Any, ...]:
    """The subject of a rename, under one of its names."""
    return change.kind, change.schema, None if change.kind == "index" else change.table, name


def last(begun: Renaming, later: Later) -> Renaming:
    """A rename to the final name of the object."""
    for construct in later:
        change = renaming(construct)
        if change is not None and named(change, change.old) == named(begun, begun.new):
            begun = begun._replace(new=change.new)
    return begun


def share_name(left: Any, right: Any) -> bool:
    """True for the same object, or a constraint and an index: a constraint may own an index of its name."""
    kinds = left is not None and {left[0], right[0]} == {"constraint", "index"}
    return bool(left == right or (kinds and (left[1], left[-1]) == (right[1], right[-1])))


def creates(construct: Any) -> bool:
    return not isinstance(construct, _CREATES_NOTHING)


def verified(construct: Any, rest: Later | None = None) -> list[str]:
    """The guard of a creating construct, which only compares and creates nothing.

    :param rest: the later constructs; a column or table may also have the state after them.
    """
    statement = construct if isinstance(construct, DDLStatement) else converging(construct)
    if isinstance(construct, ops.AddColumn | CreateTable):
        statement = foreseen(construct, statement, rest or [], [])
    return comparisons(statement)


def comparisons(statement: Any) -> list[str]:
    """A guarded statement that only compares; empty if the statement compares nothing."""
    guard, change = (getattr(statement, name, None) for name in ("by", "change"))
    if isinstance(change, Labelling):
        return [has_value(change.name, change.label, schema=change.schema)]
    return (
        [replace(guard, absent=None, different=None, old=None).render()] if isinstance(guard, Guard) else []
    )
