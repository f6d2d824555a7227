"""The data statements of the revision: what `adopt.toml` asks for, and the values of new columns.

What a statement changes is kept in schema `aside`, and the downgrade brings it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app_schema.adoption.choices import ASIDE, MoveRows
from app_schema.adoption.superseded import SetValue
from app_schema.ddl import Key
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ConfigurationError
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.directives import CallOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

MENDED = re.compile(r"\{([a-zA-Z_]\w*\.[a-zA-Z_]\w*)\}")
"""``{schema.table}``: a table as it will be."""


def place(table: str) -> tuple[str, str]:
    """Schema and name of ``schema.table``; without a schema it is public."""
    schema, _, name = table.rpartition(".")
    return schema or "public", name


def in_place(sql: str) -> str:
    """The SQL for the revision, which meets the tables as they are by then."""
    return MENDED.sub(lambda found: qualified(*place(found[1])[::-1]), sql)


def is_new(look: Look, one: SetValue) -> bool:
    """True if the revision adds the column."""
    return Key("column", *place(one.table), one.column) not in look.sides.reflected


def fills(look: Look) -> Iterator[SetValue]:
    """The values of new columns: those of the application, unless `adopt.toml` has others."""
    chosen = [one for one in look.choices.mends if isinstance(one, SetValue) and is_new(look, one)]
    columns = {(place(one.table), one.column) for one in chosen}
    yield from chosen
    for one in look.adoption.fill:
        table = Key("table", place(one.table)[0], None, place(one.table)[1])
        chosen_too = (place(one.table), one.column) in columns
        if table in look.sides.reflected and is_new(look, one) and not chosen_too:
            yield one


def mends(look: Look) -> Iterator[SetValue | MoveRows]:
    """The changes of existing rows: values in the order of `adopt.toml`, then rows that are moved.

    Rows are moved before those that they refer to: ON DELETE CASCADE of the old keys must find none left.

    :raises ConfigurationError: where an entry names no table or column.
    """
    tables = look.app.metadata.sorted_tables
    depth = {(table.schema or "public", table.name): number for number, table in enumerate(tables)}
    sets = [one for one in look.choices.mends if isinstance(one, SetValue)]
    moves = [one for one in look.choices.mends if isinstance(one, MoveRows)]
    moves.sort(key=lambda move: -depth.get(place(move.table), 0))
    in_order: list[SetValue | MoveRows] = [*sets, *moves]
    for one in in_order:
        schema, name = place(one.table)
        if Key("table", schema, None, name) not in look.sides.reflected:
            raise ConfigurationError(f"adopt.toml: the database has no table {one.table}.")
        if isinstance(one, MoveRows) or not is_new(look, one):
            yield one
        elif Key("column", schema, name, one.column) not in look.sides.declared:
            raise ConfigurationError(f"adopt.toml: {one.table} has no column {one.column}.")


def before(look: Look) -> Iterator[CallOp]:
    """The calls that change the rows that are there, while the columns have their old types."""
    for number, one in enumerate(mends(look), 1):
        schema, name = place(one.table)
        table, kept = qualified(name, schema), qualified(f"{name}_{number}", ASIDE)
        make = f"CREATE SCHEMA IF NOT EXISTS {ident(ASIDE)};\n"
        last = f";\nDROP SCHEMA {ident(ASIDE)}" if number == 1 else ""
        if isinstance(one, MoveRows):
            where = in_place(one.where)
            sql = (
                f"{make}CREATE TABLE {kept} (LIKE {table});\n"
                f"WITH moved AS (DELETE FROM {table} WHERE {where} RETURNING {ident(name)}.*)\n"
                f"INSERT INTO {kept} SELECT * FROM moved"
            )
            back = f"INSERT INTO {table} SELECT * FROM {kept};\nDROP TABLE {kept}{last}"
        else:
            keys = [ident(column) for column in primary_key(look, one.table)]
            column, key = ident(one.column), ", ".join(keys)
            same = " AND ".join(f"{ident(name)}.{one} = kept.{one}" for one in keys)
            sql = (
                f"{make}CREATE TABLE {kept} AS SELECT {key}, {column} FROM {table} "
                f"WHERE {in_place(one.where)};\n{update(one)}"
            )
            back = (
                f"UPDATE {table} SET {column} = kept.{column} FROM {kept} AS kept WHERE {same};\n"
                f"DROP TABLE {kept}{last}"
            )
        yield _once(f"adopt {number}: {one.table}", sql, back)


def after(look: Look) -> Iterator[CallOp]:
    """The calls that fill new columns, and then refuse NULL in them."""
    for number, one in enumerate(fills(look), 1):
        yield _once(f"fill {number}: {one.table}.{one.column}", update(one), None)
    for key in required(look):
        call = CallOp("alter_column", key.table, key.name, nullable=False, schema=key.schema)
        yield call.undone_by("alter_column", key.table, key.name, nullable=True, schema=key.schema)


def required(look: Look) -> list[Key]:
    """The new columns without a default that old rows must have a value in."""
    wanted, found = look.sides.declared, look.sides.reflected
    new = (key for key in wanted if key.kind == "column" and key not in found)
    return [
        key
        for key in new
        if Key("table", key.schema, None, key.table or "") in found
        and not (part := parts(wanted[key])).nullable
        and not part.how
        and not part.identity
    ]


def unwritable(look: Look, operations: Iterable[object]) -> list[UnwritableOp]:
    """The differences that no statement mends; NOT NULL of a new column is none, because it is filled."""
    filled = tuple(f"column {key.name} of {key.table} is declared NOT NULL" for key in required(look))
    notes = (operation for operation in operations if isinstance(operation, UnwritableOp))
    return [note for note in notes if not note.reason.startswith(filled)]


def update(one: SetValue) -> str:
    """The UPDATE of one choice."""
    schema, name = place(one.table)
    source = f" FROM {in_place(one.source)}" if one.source else ""
    where = f"({in_place(one.on)}) AND ({in_place(one.where)})" if one.source else in_place(one.where)
    value = in_place(one.value)
    return f"UPDATE {qualified(name, schema)} SET {ident(one.column)} = {value}{source} WHERE {where}"


def primary_key(look: Look, table: str) -> list[str]:
    """The columns that tell a row."""
    columns = look.sides.metadata.tables[place(table)].primary_key.columns
    return [column.name for column in columns]


def _once(key: str, sql: str, back: str | None) -> CallOp:
    return CallOp("run_once", key, sql).undone_by("undo_once", key, back)
