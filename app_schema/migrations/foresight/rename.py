"""Objects that later statements of a run rename: a second run finds them under the later name."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from sqlalchemy.schema import AddConstraint, CreateIndex

from app_schema.ddl import Create, Guarded
from app_schema.ddl.block import block
from app_schema.ddl.enum import has_value
from app_schema.ddl.object import DDLObject
from app_schema.ddl.rename import require_object
from app_schema.ddl.sql import dollar
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.foresight.constructs import (
    DROPS,
    WHOLE,
    Later,
    creates,
    last,
    named,
    relabellings,
    renaming,
    subject,
    verified,
)
from app_schema.migrations.foresight.whole import in_earlier_names

_RENAMEABLE = (AddConstraint, CreateIndex, Create, Guarded, ops.AddColumn, ops.ColumnName, ops.RenameTable)


def moot(construct: Any, later: Later) -> list[str]:
    """Queries that succeed if a later rename has already run: then the statement is not sent."""
    if isinstance(construct, DROPS):
        return _replaced(subject(construct), later)
    change = renaming(construct)
    replaced = [] if change is None else _replaced(named(change, change.old), later, subject(construct))
    return [*replaced, *_renamed(construct, later)]


def renamed_before(construct: Any) -> list[str]:
    """The query that succeeds if the rename of a column, constraint or index has run."""
    change = renaming(construct)
    if change is None or change.kind in WHOLE:
        return []
    return [
        execute_both(
            _has(change), require_object(change.kind, change.old, change.table, change.schema, absent=True)
        )
    ]


def _renamed(construct: Any, later: Later) -> list[str]:
    """Queries for the object under its later names.

    Only under names that no other object has until then. If another object has the name until its rename,
    then in a first run the name means that object, unless the object has its new name already.
    """
    begun = getattr(construct, "change", None) or renaming(construct)
    if isinstance(begun, Labelling):
        return [] if begun.instead_of is not None else _relabelled(begun, later)
    key, renamed = subject(construct), construct
    if key is None or not isinstance(construct, _RENAMEABLE):
        return []
    queries, freed = list[str](), dict[Hashable, tuple[Renaming, Later] | None]()
    for number, successor in enumerate(later, 1):
        change, identity = renaming(successor), subject(successor)
        if change is not None and key == named(change, change.old):
            if begun is not None and change.new == begun.old:
                return []  # a revision that undoes renames begins with the renames
            key = named(change, change.new)
            renamed = construct if begun is not None else _under_name(renamed, change.new)
            own_queries = [_has(change)] if begun is not None else verified(renamed, later[number:])
            if key not in freed:
                queries += own_queries
            elif begun is None:
                queries += _with_former_owners(key, freed, own_queries)
        elif change is not None or isinstance(successor, DROPS):
            place = identity if change is None else named(change, change.old)
            freed[place] = None if change is None else (change, later[number:])
        elif creates(successor) and renamed is not construct and identity == key:
            queries += verified(successor, later[number:])
    return queries if begun is None else _done(begun, queries, later)


def _with_former_owners(
    name: Hashable, freed: dict[Hashable, tuple[Renaming, Later] | None], queries: list[str]
) -> list[str]:
    """The queries for an object whose later name another object has until its own rename: that object must
    have its new name, and so must each further object whose name is reused."""
    visited = set[Hashable]()
    while name in freed:
        freed_by = freed[name]
        if (
            freed_by is None
        ):  # dropped; an index or constraint is no more than its definition, and has no values
            return queries if isinstance(name, tuple) and name[0] in {"index", "constraint"} else []
        if name in visited:  # names that exchange in a circle look alike before and after
            return []
        visited.add(name)
        renamed = last(*freed_by)
        name = named(renamed, renamed.new)
        queries = [execute_both(_has(renamed), sql) for sql in queries]
    return queries


def _done(begun: Renaming, queries: list[str], later: Later) -> list[str]:
    """Queries that succeed if a rename has run: no object has the old name, or another object has it."""
    old = named(begun, begun.old)
    recreated = [
        sql
        for number, successor in enumerate(later, 1)
        if creates(successor) and subject(successor) == old
        for sql in in_time(successor, later[number:])
    ]
    if recreated:
        return [execute_both(query, sql) for query in (_has(begun), *queries) for sql in recreated]
    absent = require_object(begun.kind, begun.old, begun.table, begun.schema, absent=True)
    return [execute_both(query, absent) for query in queries]


def in_time(construct: Any, later: Later) -> list[str]:
    """The comparisons with the object that a later statement creates, also under the names at that time."""
    questions = verified(construct, later)
    earlier = (in_earlier_names(questions, later, columns=columns) for columns in (False, True))
    return [*questions, *(sql for queries in earlier for sql in queries)]


def under_name_of(key: Any, construct: Any, run: Later, number: int) -> Any:
    """The construct that creates a column, constraint or index, with its name after later renames, if that is
    the name of ``key``; None otherwise.

    :param number: the number of the first construct of the run after it.
    """
    identity: Any = subject(construct)
    if identity is None or identity[0] not in {"column", "constraint", "index"} or not creates(construct):
        return None
    if renaming(construct) is not None or identity[:2] != key[:2] or identity[2] != key[2]:
        return None
    kind, schema, table, name = identity
    end = last(Renaming(kind, schema, table, name, name), run[number:]).new
    return _under_name(construct, end) if end == key[3] != name else None


def is_renamed(construct: Any, later: Later) -> bool:
    """True if a later statement renames the object of a construct, or gives its name to another object."""
    added, key = getattr(construct, "change", None), subject(construct)
    if isinstance(added, Labelling):
        return any(isinstance(getattr(successor, "change", None), Labelling) for successor in later)
    begun = renaming(construct)
    names = {key} if begun is None else {key, named(begun, begun.old)}
    changes = (change for other in later if (change := renaming(other)) is not None and change != begun)
    return any(names & {named(change, change.old), named(change, change.new)} for change in changes)


def _replaced(key: Hashable, later: Later, freed_by: Hashable = None) -> list[str]:
    """Queries that succeed if another object has got a freed name: then no object has the former name of that
    object.

    In a first run the other object has its former name until its rename, unless the run creates it.

    :param freed_by: the object whose rename frees the name; if it gets the name back, no other object does.
    """
    created = set[tuple[Any, Any]]()  # by kind and name: a schema may be left out
    for construct in later:
        change, identity = renaming(construct), subject(construct)
        if change is None:
            if identity == key:
                return []
            if isinstance(identity, tuple):
                created.add((identity[0], identity[-1]))
        elif named(change, change.old) == freed_by:
            freed_by = named(change, change.new)
            if freed_by == key:
                return []
        elif named(change, change.new) == key:
            if (change.kind, change.old) in created:
                return []
            return [require_object(change.kind, change.old, change.table, change.schema, absent=True)]
        else:
            created.add((change.kind, change.new))
    return []


def _relabelled(added: Labelling, later: Later) -> list[str]:
    """Queries for the label under its later names, if no other label has them until then, or if that other
    label has its new name."""
    queries, label, freed = list[str](), added.label, dict[str | None, int]()
    changes = relabellings(added, later)
    for number, change in enumerate(changes):
        if change.instead_of != label:
            freed[change.instead_of] = number
            continue
        label = change.label
        query = has_value(added.name, label, schema=added.schema)
        if label in freed:
            other: str | None = label
            for rename in changes[freed[label] :]:
                other = rename.label if rename.instead_of == other else other
            if other in freed:  # in a first run a third label has that name
                continue
            query = execute_both(has_value(added.name, str(other), schema=added.schema), query)
        queries.append(query)
    return queries


def _under_name(construct: Any, name: str) -> Any:
    """The construct that creates a column, constraint or index, with another name."""
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
    return require_object(change.kind, change.new, change.table, change.schema)


def execute_both(first: str, second: str) -> str:
    return block(["BEGIN", f"  EXECUTE {dollar(first)};", f"  EXECUTE {dollar(second)};", "END"])
