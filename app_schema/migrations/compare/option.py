"""Options of a table that no metadata declares: kept where what they hang on is dropped and made again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.sql import ident, split
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_INDEX = re.compile(r"(?P<what>CLUSTER ON|REPLICA IDENTITY USING INDEX) (?P<name>.+)", re.DOTALL)
_OF_A_TYPE = ("STORAGE", "COMPRESSION")


def of_table(comparison: Comparison, table: Key) -> list[CallOp]:
    """The calls that set the options of a table that is made again."""
    mine = comparison.of_table(table.schema, table.name)
    return [_call(comparison, key) for key in mine if key.kind == "table_option"]


def follow(comparison: Comparison) -> None:
    """Plans the options of what is dropped, where it is made again, and on the way back."""
    for key in _options(comparison):
        hangs_on = _hangs_on(comparison, key)
        if not hangs_on:
            continue
        call = _call(comparison, key)
        comparison.plan.drop(Drops.COMMENT, OnTheWayBackOp(call))
        if any(comparison.recreate_from(one) == "gone" for one in hangs_on):
            continue
        if all(_bears(comparison, one, key) for one in hangs_on):
            comparison.plan.make(Makes.COMMENT, call)
        else:
            refused = "which PostgreSQL refuses of the new definition"
            lost = f"{key.schema}.{key.table} loses {call.args[1]}, {refused}"
            comparison.plan.notes.append(UnwritableOp(lost))


def _options(comparison: Comparison) -> list[Key]:
    return [key for key in comparison.found if key.kind == "table_option"]


def _call(comparison: Comparison, key: Key) -> CallOp:
    action = f"{key.name.rstrip()} {comparison.found[key]}"
    if (index := _INDEX.fullmatch(action)) is not None:
        action = f"{index['what']} {ident(_after(comparison, key, index['name']))}"
    return CallOp("alter_table", key.table, action, schema=comparison.schema(key))


def _hangs_on(comparison: Comparison, key: Key) -> set[Key]:
    """The dropped or altered objects with which the option goes."""
    place = (key.schema, key.table)
    gone = {one for one in comparison.gone if one[1:3] == place}
    views = {Key("materialized_view", key.schema, None, key.table or "")} & comparison.gone
    index = _INDEX.fullmatch(f"{key.name} {comparison.found[key]}")
    if index is not None:
        name = _after(comparison, key, index["name"])
        named = {one for one in gone if one.kind in {"index", "constraint"} and one.name == name}
        return named | views
    columns = {one for one in gone if one.kind == "column"}
    if key.name.endswith(_OF_A_TYPE):
        columns |= set(_retyped(comparison, place))
    return views | {one for one in columns if key.name.startswith(_set(one))}


def _after(comparison: Comparison, option: Key, printed: str) -> str:
    """The name that the index of an option has after the renames."""
    (name,) = split(printed)
    keys = (Key(kind, option.schema, option.table, name) for kind in ("constraint", "index"))
    return next((new.name for key in keys if (new := comparison.renamed.after(key)) != key), name)


def _printed(name: str) -> tuple[str, str]:
    """A name without and with quotes: PostgreSQL writes OLD and others bare that SQLAlchemy quotes."""
    return name, '"' + name.replace('"', '""') + '"'


def _set(column: Key) -> tuple[str, ...]:
    return tuple(f"ALTER COLUMN {one} SET " for one in _printed(column.name))


def _bears(comparison: Comparison, one: Key, option: Key) -> bool:
    """Whether PostgreSQL sets the option on what is made again: not on an index with a condition."""
    definition = (comparison.wanted if comparison.recreate_from(one) == "declared" else comparison.found)[one]
    if one.kind == "index" and " WHERE (" in definition:
        return False
    return "USING INDEX" not in comparison.found[option] or definition.startswith(
        ("CREATE UNIQUE", "PRIMARY KEY", "UNIQUE")
    )


def _retyped(comparison: Comparison, place: tuple[str | None, str | None]) -> list[Key]:
    """Columns that get a new type, with which PostgreSQL sets storage and compression anew."""
    return [
        one
        for one in comparison.changed
        if one.kind == "column"
        and one[1:3] == place
        and one in comparison.found
        and one in comparison.wanted
        and parts(comparison.found[one]).type != parts(comparison.wanted[one]).type
    ]
