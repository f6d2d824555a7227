"""Options of a table that no metadata declares: set again where PostgreSQL drops them with an object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, split
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.directives import CallOp, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_INDEX = re.compile(r"(?P<what>CLUSTER ON|REPLICA IDENTITY USING INDEX) (?P<name>.+)", re.DOTALL)
_OF_A_TYPE = ("STORAGE", "COMPRESSION")


class TableOptionComparator(KindComparator):
    """CLUSTER ON, REPLICA IDENTITY, STORAGE, COMPRESSION, STATISTICS and the options of a column."""

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the options of what is dropped, where that is created again, and for the downgrade."""
        for key in (key for key in sides.reflected if key.kind == "table_option"):
            owners = _owners(sides, planner, key)
            if not owners:
                continue
            call = _call(sides, key)
            planner.drop(Drops.COMMENT, OnTheWayBackOp(call))
            if any(planner.recreated_as(owner) == "dropped" for owner in owners):
                continue
            if all(_fits(sides, planner, owner, key) for owner in owners):
                planner.create(Makes.COMMENT, call)
            else:
                refused = "which PostgreSQL refuses of the new definition"
                planner.note(f"{key.schema}.{key.table} loses {call.args[1]}, {refused}")


def of_table(sides: Sides, table: Key) -> list[CallOp]:
    """The calls that set the options of a table that is created again."""
    options = (key for key in sides.of_table(table.schema, table.name) if key.kind == "table_option")
    return [_call(sides, key) for key in options]


def _call(sides: Sides, key: Key) -> CallOp:
    action = f"{key.name.rstrip()} {sides.reflected[key]}"
    if (index := _INDEX.fullmatch(action)) is not None:
        action = f"{index['what']} {ident(_after(sides, key, index['name']))}"
    return CallOp("alter_table", key.table, action, schema=sides.schema(key))


def _owners(sides: Sides, planner: Planner, key: Key) -> set[Key]:
    """The dropped or altered objects with which PostgreSQL drops the option."""
    place = (key.schema, key.table)
    dropped = {other for other in planner.dropped if other[1:3] == place}
    views = {Key("materialized_view", key.schema, None, key.table or "")} & planner.dropped
    index = _INDEX.fullmatch(f"{key.name} {sides.reflected[key]}")
    if index is not None:
        name = _after(sides, key, index["name"])
        return views | {
            other for other in dropped if other.kind in {"index", "constraint"} and other.name == name
        }
    columns = {other for other in dropped if other.kind == "column"}
    if key.name.endswith(_OF_A_TYPE):
        columns |= set(_retyped(sides, planner, place))
    return views | {column for column in columns if key.name.startswith(_set(column))}


def _after(sides: Sides, option: Key, printed: str) -> str:
    """The name that the index of an option has after the renames."""
    (name,) = split(printed)
    indexes = (Key(kind, option.schema, option.table, name) for kind in ("constraint", "index"))
    return next((new.name for key in indexes if (new := sides.renamed.after(key)) != key), name)


def _set(column: Key) -> tuple[str, str]:
    # PostgreSQL writes OLD and other names bare that SQLAlchemy quotes
    quoted = '"' + column.name.replace('"', '""') + '"'
    return f"ALTER COLUMN {column.name} SET ", f"ALTER COLUMN {quoted} SET "


def _fits(sides: Sides, planner: Planner, owner: Key, option: Key) -> bool:
    """Whether PostgreSQL sets the option on what is created again: not on an index with a condition."""
    side = sides.declared if planner.recreated_as(owner) == "declared" else sides.reflected
    definition = side[owner]
    if owner.kind == "index" and " WHERE (" in definition:
        return False
    return "USING INDEX" not in sides.reflected[option] or definition.startswith(
        ("CREATE UNIQUE", "PRIMARY KEY", "UNIQUE")
    )


def _retyped(sides: Sides, planner: Planner, place: tuple[str | None, str | None]) -> list[Key]:
    """Columns that get a new type, with which PostgreSQL sets storage and compression anew."""
    return [
        key
        for key in planner.changed
        if key.kind == "column"
        and key[1:3] == place
        and key in sides.reflected
        and key in sides.declared
        and parts(sides.reflected[key]).type != parts(sides.declared[key]).type
    ]
