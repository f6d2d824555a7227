"""Takes out of a shape what PostgreSQL would refuse: what hangs on something that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from declare import kind
from kinds import KINDS
from others import kept
from shape import Column, Constraint, Index, Policy, Shape, Table, Trigger, View


def repaired(shape: Shape) -> Shape:
    """The shape with nothing in it that cannot be made."""
    known = {".".join(enum.place) for enum in shape.enums}
    tables = tuple(_columns(table, known) for table in shape.tables)
    shape = replace(shape, tables=tuple(replace(table, constraints=_keys(table)) for table in tables))
    shape = replace(shape, tables=tuple(_table(shape, table) for table in shape.tables))
    return replace(shape, views=tuple(_views(shape)), others=tuple(kept(shape)))


def _columns(table: Table, enums: set[str]) -> Table:
    columns = []
    for column in table.columns:
        _, colon, enum = column.type.partition(":")
        columns.append(replace(column, type="text") if colon and enum not in enums else column)
    primary = {
        name
        for constraint in table.constraints
        if constraint.kind == "primary"
        for name in constraint.columns
    }
    types = {column.name: column.type for column in columns}
    plain = {column.name for column in columns if not column.computed}
    fixed = [_column(other, types, plain, primary) for other in columns]
    in_key = [other.name for other in fixed if other.identity and other.name in primary]
    return replace(
        table,
        # of a primary key SQLAlchemy takes one identity at most
        columns=tuple(
            replace(other, identity=None) if other.name in in_key[1:] else other for other in fixed
        ),
        granted=None
        if table.granted is None
        else tuple(privilege for privilege in table.granted if privilege in types),
    )


def _column(column: Column, types: dict[str, str], plain: set[str], primary: set[str]) -> Column:
    whole = column.type in {"integer", "bigint", "smallint"}
    if column.serial and whole and primary == {column.name}:
        return replace(column, nullable=False, default=None, identity=None, computed=None)
    column = replace(column, serial=False)
    if column.name in primary:
        column = replace(column, nullable=False)
    if column.identity and whole:
        return replace(column, nullable=False, default=None, computed=None)
    column = replace(column, identity=None)
    if column.computed in plain and _family(types[column.computed]) == _family(column.type) in {
        "integer",
        "numeric",
        "text",
    }:
        return replace(column, default=None)
    return replace(column, computed=None)


def _family(type_: str) -> str:
    """The family; an enum's is its own name."""
    word, colon, name = type_.partition(":")
    if colon:
        return "" if word == "array" else name
    return kind(Shape(), type_).family


def _keys(table: Table) -> tuple[Constraint, ...]:
    """Of two keys of the same columns PostgreSQL makes only one, so one goes."""
    kept = []
    seen = set()
    for constraint in table.constraints:
        columns = tuple(name for name in constraint.columns if name in table.types)
        key = columns if constraint.kind in {"primary", "unique"} else None
        if columns and (key is None or key not in seen):
            kept.append(replace(constraint, columns=columns))
            seen.add(key)
    return tuple(kept)


def _table(shape: Shape, table: Table) -> Table:
    keys = (
        _foreign_key(shape, table, constraint) if constraint.kind == "foreign" else constraint
        for constraint in table.constraints
    )
    functions = {function.place for function in shape.functions if function.returns == "trigger"}
    return replace(
        table,
        constraints=tuple(key for key in keys if key is not None),
        indexes=tuple(_indexes(table)),
        triggers=tuple(
            _trigger(trigger, table) for trigger in table.triggers if trigger.function in functions
        ),
        policies=tuple(_policy(shape, table, policy) for policy in table.policies),
    )


def _foreign_key(shape: Shape, table: Table, one: Constraint) -> Constraint | None:
    """Refers to a key of the target that fits, if there is one."""
    target = next((other for other in shape.tables if other.place == one.target), None)
    if target is None:
        return None
    keys = [key for key in target.constraints if key.kind in {"primary", "unique"} and not key.deferrable]
    for key in keys[one.number % max(len(keys), 1) :]:
        own = one.columns[:1] if len(key.columns) == 1 else key.columns
        if not all(name in table.types for name in own):
            continue
        families = [
            (_family(table.types[a]), _family(target.types[b])) for a, b in zip(own, key.columns, strict=True)
        ]
        if all(a == b != "" for a, b in families):
            generated = any(column.computed for column in table.columns if column.name in own)
            actions: dict[str, Any] = {"on_delete": None, "on_update": None} if generated else {}
            return replace(one, columns=own, target_columns=key.columns, **actions)
    return None


def _indexes(table: Table) -> Iterator[Index]:
    for index in table.indexes:
        items = tuple(item for item in index.items if item[0] in table.types)
        if not items:
            continue
        fixed = replace(
            index,
            items=items,
            where=index.where if index.where and index.where[0] in table.types else None,
            include=tuple(name for name in index.include if name in table.types),
        )
        yield fixed if fixed.method == "btree" else _method(fixed, table)


def _method(index: Index, table: Table) -> Index:
    """An index that is no btree has one plain column and nothing more; where the type has no GIN, a btree."""
    column = index.items[0][0]
    type_ = table.types[column]
    gin = type_ in KINDS and KINDS[type_].gin
    if index.method == "gin" and not gin:
        return replace(index, method="btree")
    return replace(index, items=((column, 0),), unique=False, include=(), fillfactor=None)


def _trigger(trigger: Trigger, table: Table) -> Trigger:
    updates = trigger.events == ("UPDATE",)
    return replace(
        trigger,
        of=tuple(name for name in trigger.of if name in table.types and "UPDATE" in trigger.events),
        when=trigger.when
        if trigger.when in table.types and updates and trigger.for_each == "ROW" and _readable(trigger, table)
        else None,
    )


def _readable(trigger: Trigger, table: Table) -> bool:
    """A BEFORE trigger cannot look at a generated column: it has no value yet."""
    return not any(column.name == trigger.when and column.computed for column in table.columns)


def _policy(shape: Shape, table: Table, policy: Policy) -> Policy:
    if policy.reads == "column" and policy.column in table.types:
        return policy
    if policy.reads == "function":
        for function in shape.functions:
            if function.arguments.endswith("integer"):
                return replace(policy, other=function.place)
    other = next((item for item in shape.tables if item.place == policy.other), None)
    if policy.reads == "table" and other is not None and policy.column in other.types:
        return policy
    return replace(policy, reads="nothing")


def _views(shape: Shape) -> Iterator[View]:
    columns = {table.place: tuple(table.types) for table in shape.tables}
    tables = {table.place: table for table in shape.tables}
    callable_ = any(function.arguments.endswith("integer") for function in shape.functions)
    for view in shape.views:
        if view.source not in columns:
            continue
        there = columns[view.source]
        table = tables.get(view.source)
        chosen = tuple(name for name in view.columns if name in there) or there[:1]
        fixed = replace(
            view,
            columns=chosen,
            where=view.where if table and view.where and view.where[0] in there else None,
            calls=view.calls and callable_,
            grouped=view.grouped and table is not None and _groupable(table),
        )
        columns[view.place] = (*chosen, "called") if fixed.calls and "called" not in chosen else chosen
        if fixed.calls and "called" in chosen:
            fixed = replace(fixed, calls=False)
        yield fixed


def _groupable(table: Table) -> bool:
    primary = table.primary()
    return primary is not None and not primary.deferrable
