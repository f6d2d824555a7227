"""Whole tables, new or gone, with what they bring along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema import upstream
from app_schema.ddl import Key
from app_schema.ddl.constraint import name_of as constraint_name
from app_schema.migrations.compare import (
    column,
    constraint,
    grant,
    left_behind,
    option,
    refusal,
    sequence,
)
from app_schema.migrations.directives import CallOp, Drops, Makes
from app_schema.migrations.operations import CreateObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


_TABLE = """\
pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :name"""
_AGE = f"SELECT c.oid::bigint FROM {_TABLE}"
_COLUMNS = f"""\
SELECT (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM {_TABLE}"""


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a table that is absent, and the foreign keys that must wait for other tables."""
    del wanted
    table = comparison.declared.tables.get((key.schema or "", key.name))
    if table is None:
        raise refusal.not_created("table")
    order = comparison.declared.table_order[key.schema or "", key.name]
    later = {
        fk
        for fk in table.foreign_key_constraints
        if fk.use_alter or _refers_to_later(comparison, fk, order) or not _refers_to_a_key(fk)
    }
    if any(constraint_name(fk) is None for fk in later):
        later |= {fk for fk in table.foreign_key_constraints if constraint_name(fk) is None}
    operation = ops.CreateTableOp.from_table(table)
    operation.columns = [
        _without_serial(item, later) if isinstance(item, Column) else item
        for item in [*operation.columns, *_checks_of_columns(table)]
        if item not in later
        # SQLAlchemy's copy of a constraint, which Alembic renders, has lost the operator classes
        and not (isinstance(item, ExcludeConstraint) and item.ops)
    ]
    comparison.plan.make(Makes.TABLE, operation, order=order)
    grant.take_default_grants_away(comparison, key)
    for fk in later:
        if constraint_name(fk) is not None:
            comparison.plan.make(Makes.FOREIGN_KEY, ops.CreateForeignKeyOp.from_constraint(fk))
    if any(constraint_name(fk) is None for fk in later):
        _add_unnamed_keys(comparison, key)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans another persistence or other storage parameters; PostgreSQL changes no partitioning."""
    if _STORED.sub("", wanted).strip() != _STORED.sub("", found).strip():
        raise refusal.different(wanted, found)
    for action, undo in _alterations(_storage(wanted), _storage(found)):
        call = CallOp("alter_table", key.name, action, schema=comparison.schema(key))
        call = call.undone_by("alter_table", key.name, undo, schema=comparison.schema(key))
        comparison.plan.make(Makes.ALTERED, call)


def _parameter(name: str, side: dict[str, str]) -> str:
    return f"SET ({name}={side[name]})" if name in side else f"RESET ({name})"


def _alterations(new: dict[str, Any], old: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that change what is stored, each with the one that takes it back."""
    persistence = ["SET UNLOGGED" if "prefixes" in side else "SET LOGGED" for side in (new, old)]
    if persistence[0] != persistence[1]:
        yield persistence[0], persistence[1]
    after, before = (side.get("postgresql_with", {}) for side in (new, old))
    for name in sorted({*after, *before}):
        if after.get(name) != before.get(name):
            yield _parameter(name, after), _parameter(name, before)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a table that nobody declared."""
    if "PARTITION BY" in found or Key("partition", key.schema, None, key.name) in comparison.found:
        raise refusal.not_dropped("partitioned_table")
    grant.forget_default_grants(comparison, key)
    left_behind.told(comparison, key)
    comparison.plan.drop(
        Drops.TABLE,
        DropWholeTableOp(_reflected_table(comparison, key)),
        order=-comparison.answers.get(_AGE, key),
    )
    for other in comparison.of_table(key.schema, key.name):
        if other.kind == "constraint" and comparison.found[other].startswith("FOREIGN KEY"):
            constraint.take(comparison, other, comparison.found[other])


def _add_unnamed_keys(comparison: Comparison, table: Key) -> None:
    """Plans the foreign keys without a name under the names that PostgreSQL chose: a downgrade needs them."""
    for key in comparison.wanted:
        if key.kind == "constraint" and (key.schema, key.table) == (table.schema, table.name):
            wanted = comparison.wanted[key]
            if wanted.startswith("FOREIGN KEY") and comparison.declared.constraint(key) is None:
                constraint.add_printed(comparison, key, wanted)


def _checks_of_columns(table: Table) -> list[CheckConstraint]:
    """The checks that stand inside a column, which Alembic does not render, as checks of the table."""
    return [
        CheckConstraint(one.sqltext, name=one.name, **one.dialect_kwargs)
        for column in table.columns
        for one in column.constraints
        if isinstance(one, CheckConstraint)
    ]


def _refers_to_later(comparison: Comparison, fk: ForeignKeyConstraint, order: int) -> bool:
    """Whether the table that is referred to comes later, or is there and gets its columns or keys later."""
    place = (fk.referred_table.schema or comparison.default_schema, fk.referred_table.name)
    unready = any(
        one[1:3] == place and one.kind in {"column", "constraint", "index"}
        for one in comparison.changed | comparison.gone
    )
    is_there = Key("table", place[0], None, place[1]) in comparison.found
    return comparison.declared.table_order[place] > order or (is_there and unready)


def _refers_to_a_key(fk: ForeignKeyConstraint) -> bool:
    """Whether the table that it refers to brings the key along; a unique index comes after all tables."""
    columns = {element.column.name for element in fk.elements}
    keys = (PrimaryKeyConstraint, UniqueConstraint)
    return any(
        isinstance(one, keys) and {column.name for column in one.columns} == columns
        for one in fk.referred_table.constraints
    )


def _without_serial(column: Column[Any], later: set[ForeignKeyConstraint]) -> Column[Any]:
    """The column, or a copy that says that it is no SERIAL, where the CREATE TABLE no longer shows that.

    A generated revision names no sequence of the metadata, and a foreign key that waits for another table is
    not in the CREATE TABLE. SQLAlchemy makes an integer key with neither a SERIAL.
    """
    waiting = any(key.constraint in later for key in column.foreign_keys)
    if not column.primary_key or not (
        isinstance(column.default, Sequence) or (waiting and column.autoincrement == "auto")
    ):
        return column
    copy: Column[Any] = upstream.copied(column)
    copy.autoincrement = False
    return copy


def _reflected_table(comparison: Comparison, key: Key) -> list[MigrateOperation]:
    """What makes the table again: the table with its columns, then its constraints and indexes."""
    place = (key.schema, key.name)
    mine = comparison.of_table(*place)
    names = comparison.answers.get(_COLUMNS, key)
    keys = [Key("column", *place, name) for name in names]
    columns = [column.reflected(comparison, one, own_sequence=True) for one in keys]
    sequences = [one for one in (sequence.kept(comparison, one) for one in keys) if one is not None]
    table = Table(
        key.name,
        MetaData(),
        *columns,
        schema=key.schema,
        comment=comparison.found.get(Key("comment", *place, "")),
        **_storage(comparison.found[key]),
    )
    create = ops.CreateTableOp.from_table(table)
    constraints = [
        one
        for one in mine
        if one.kind == "constraint" and not comparison.found[one].startswith("FOREIGN KEY")
    ]
    after = [CreateObjectOp(comparison.reflect(one, comparison.found[one])) for one in constraints]
    after += [
        CreateObjectOp(comparison.reflect(one, comparison.found[one])) for one in mine if one.kind == "index"
    ]
    match = re.search(r"INHERITS \((.*)\)", comparison.found[key])
    parents = match[1].split(", ") if match else []
    return [
        *(CreateObjectOp(free) for free, _ in sequences),
        create,
        *left_behind.names(comparison, key),
        *(ReplaceObjectOp(owned, free) for free, owned in sequences),
        *after,
        *(CallOp("alter_table", key.name, f"INHERIT {one}", schema=key.schema) for one in parents),
        *option.of_table(comparison, key),
    ]


def _storage(definition: str) -> dict[str, Any]:
    """The arguments of a table that is UNLOGGED, or has storage parameters."""
    unlogged = {"prefixes": ["UNLOGGED"]} if definition.startswith("UNLOGGED") else {}
    given: dict[str, Any] = {}
    if match := re.search(r"WITH \((.*?)\)", definition):
        given["postgresql_with"] = dict(one.split("=", 1) for one in match[1].split(", "))
    return {**unlogged, **given}


_STORED = re.compile(r"^UNLOGGED ?|WITH \(.*?\) ?")


class DropWholeTableOp(ops.DropTableOp):
    """Drops a table; reversed it makes the table, then its constraints and indexes."""

    def __init__(self, made_by: list[MigrateOperation]) -> None:
        create = next(one for one in made_by if isinstance(one, ops.CreateTableOp))
        super().__init__(create.table_name, schema=create.schema)
        self.made_by = made_by

    def reverse(self) -> Any:
        """The directives that bring the table back."""
        return ops.ModifyTableOps(self.table_name, self.made_by, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("remove_table", self.schema, self.table_name)
