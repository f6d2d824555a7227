"""Options of a table: what differs, and what PostgreSQL drops with an index or column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import split, unquoted
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import DowngradeOnlyOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_OF_INDEX = {"CLUSTER ON", "REPLICA IDENTITY"}
_OF_CONSTRAINT = ("INDEX OF ", "TRIGGERS OF ")
_OF_TRIGGER = "TRIGGER "
"""A trigger of a partition, which the trigger of its parent creates, after the tables."""
_OF_A_TYPE = ("STORAGE", "COMPRESSION")


class TableOptionComparator(KindComparator):
    """CLUSTER ON, REPLICA IDENTITY, STORAGE, COMPRESSION, STATISTICS and the options of a column."""

    dropped_with_table = True

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """Also with the column or index that nobody declared."""
        return super().undeclared_with_owner(sides, key) or any(
            owner not in sides.declared for owner in _bearers(sides, key)
        )

    def resolve(self, sides: Sides, planner: Planner, difference: Difference) -> None:
        """Plans the option, unless a planned drop drops it too: `follow` plans it then."""
        key = difference.key
        if key not in sides.reflected or not _owners(sides, planner, key):
            super().resolve(sides, planner, difference)

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the options of what is dropped, where that is created again, and for the downgrade."""
        for key in (key for key in sides.reflected if key.kind == "table_option"):
            owners = _owners(sides, planner, key)
            if not owners:
                continue
            old = sides.reflect(key, sides.reflected[key])
            planner.drop(Drops.COMMENT, DowngradeOnlyOp(CreateObjectOp(old)))
            form = planner.recreated_as(key)
            if form == "dropped" or any(planner.recreated_as(owner) == "dropped" for owner in owners):
                continue
            if all(_fits(sides, planner, owner, key) for owner in owners):
                new = sides.metadata.objects.get(key, old) if form == "declared" else old
                planner.create(Makes.COMMENT, CreateObjectOp(new))
            else:
                refused = "which PostgreSQL refuses of the new definition"
                planner.note(f"{key.schema}.{key.table} loses {key.name} {sides.reflected[key]}, {refused}")


def of_table(sides: Sides, planner: Planner, table: Key) -> list[CreateObjectOp]:
    """The operations that set the options of a table that is created again, except those that `follow`
    plans."""
    options = (key for key in sides.of_table(table.schema, table.name) if key.kind == "table_option")
    return [
        CreateObjectOp(sides.reflect(key, sides.reflected[key]))
        for key in options
        if not key.name.startswith(_OF_TRIGGER) and not _owners(sides, planner, key)
    ]


def _bearers(sides: Sides, option: Key) -> set[Key]:
    """The reflected index, constraint or column that has the option."""
    if option.name in _OF_INDEX:
        name = sides.reflected[option].removeprefix("USING INDEX ")
        kinds, (name,) = ("index", "constraint"), split(name)
        return {key for key in sides.of_table(*option[1:3]) if key.kind in kinds and key.name == name}
    if option.name.startswith(_OF_CONSTRAINT):
        constraints = (key for key in sides.of_table(*option[1:3]) if key.kind == "constraint")
        return {key for key in constraints if _is_of(option, key)}
    if not option.name.startswith("ALTER COLUMN "):
        return set()
    columns = (key for key in sides.of_table(*option[1:3]) if key.kind == "column")
    return {column for column in columns if option.name.startswith(_set(column))}


def _owners(sides: Sides, planner: Planner, option: Key) -> set[Key]:
    """The dropped or altered objects with which PostgreSQL drops the option."""
    relations = (
        Key(kind, option.schema, None, option.table or "") for kind in ("materialized_view", "foreign_table")
    )
    bearers = _bearers(sides, option)
    retyped = {key for key in bearers if _is_retyped(sides, planner, key)}
    if option.name.startswith(_OF_TRIGGER) and planner.recreated_as(table := keys.table(option)) == "dropped":
        return {table}
    return (
        ({*relations} & planner.dropped)
        | (bearers & planner.dropped)
        | (retyped if option.name.endswith(_OF_A_TYPE) else set())
    )


def _is_of(option: Key, constraint: Key) -> bool:
    name = re.sub(r" SET \(\w+\)$", "", option.name).removeprefix("INDEX OF ").removeprefix("TRIGGERS OF ")
    return unquoted(name) == constraint.name


def _set(column: Key) -> tuple[str, str]:
    # PostgreSQL writes OLD and other names bare that SQLAlchemy quotes
    quoted = '"' + column.name.replace('"', '""') + '"'
    return f"ALTER COLUMN {column.name} SET ", f"ALTER COLUMN {quoted} SET "


def _fits(sides: Sides, planner: Planner, owner: Key, option: Key) -> bool:
    """True if PostgreSQL sets the option on the recreated owner: not on an index with a condition."""
    side = sides.declared if planner.recreated_as(owner) == "declared" else sides.reflected
    definition = side[owner]
    if owner.kind == "index" and " WHERE (" in definition:
        return False
    return "USING INDEX" not in sides.reflected[option] or definition.startswith(
        ("CREATE UNIQUE", "PRIMARY KEY", "UNIQUE")
    )


def _is_retyped(sides: Sides, planner: Planner, key: Key) -> bool:
    """True if a column gets a new type, with which PostgreSQL resets storage and compression."""
    if key.kind != "column" or key not in planner.changed or key not in sides.declared:
        return False
    return PrintedColumn.of(sides.reflected[key]).type != PrintedColumn.of(sides.declared[key]).type
