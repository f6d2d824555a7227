"""The data statements of the revision: the choices of `adopt.toml`, and the values of new columns.

The old values are kept in schema `aside`; the downgrade restores them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app_schema.adoption.aside import CLEAN_UP, SET_UP, KeptValues, described
from app_schema.adoption.choices import ASIDE, MoveRows
from app_schema.adoption.notice import BEGUN
from app_schema.adoption.superseded import SetValue
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ConfigurationError
from app_schema.migrations.directives import CallOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.adoption.look import Look

MENDED = re.compile(r"\{([a-zA-Z_]\w*\.[a-zA-Z_]\w*)\}")
"""``{schema.table}``: a table after the changes of the revision."""


def place(table: str) -> tuple[str, str]:
    """Schema and name of ``schema.table``; without a schema it is public. The name may have dots."""
    schema, dot, name = table.partition(".")
    return (schema, name) if dot else ("public", table)


def in_place(sql: str) -> str:
    """The SQL for the revision, in which each ``{schema.table}`` is the table itself."""
    return MENDED.sub(lambda match: qualified(*place(match[1])[::-1]), sql)


def is_new(look: Look, choice: SetValue) -> bool:
    """True if the revision adds the column."""
    return Key("column", *place(choice.table), choice.column) not in look.sides.reflected


def fills(look: Look) -> Iterator[SetValue]:
    """The values of new columns: those of the application, unless `adopt.toml` has others."""
    chosen = [
        choice for choice in look.choices.mends if isinstance(choice, SetValue) and is_new(look, choice)
    ]
    columns = {(place(choice.table), choice.column) for choice in chosen}
    yield from chosen
    for fill in look.adoption.fill:
        table = Key("table", place(fill.table)[0], None, place(fill.table)[1])
        chosen_too = (place(fill.table), fill.column) in columns
        if table in look.sides.reflected and is_new(look, fill) and not chosen_too:
            yield fill


def mends(look: Look) -> Iterator[SetValue | MoveRows]:
    """The changes of existing rows: values in the order of `adopt.toml`, then moved rows.

    Referring rows are moved before the rows that they refer to: ON DELETE CASCADE of an old key would delete
    them.

    :raises ConfigurationError: if an entry names an absent table or column, or sets a primary key.
    """
    depth = look.sides.metadata.table_order
    sets = [choice for choice in look.choices.mends if isinstance(choice, SetValue)]
    moves = [choice for choice in look.choices.mends if isinstance(choice, MoveRows)]
    moves.sort(key=lambda move: -depth.get(place(move.table), 0))
    in_order: list[SetValue | MoveRows] = [*sets, *moves]
    for choice in in_order:
        schema, name = place(choice.table)
        if Key("table", schema, None, name) not in look.sides.reflected:
            raise ConfigurationError(f"adopt.toml: the database has no table {choice.table}.")
        if isinstance(choice, MoveRows):
            yield choice
        elif is_new(look, choice):
            if Key("column", schema, name, choice.column) not in look.sides.declared:
                raise ConfigurationError(f"adopt.toml: {choice.table} has no column {choice.column}.")
        elif choice.column in primary_key(look, (schema, name)):
            raise ConfigurationError(
                f"adopt.toml: [[set]] cannot change {choice.table}.{choice.column}: by this primary key the "
                "downgrade would find the row of each old value. Move the rows by [[move]] instead."
            )
        else:
            yield choice


def begin(look: Look) -> CallOp:
    """Records that the adoption has begun: half adopted, a database looks like one of the lineage.

    It locks all tables first, in the order in which an application writes them: no row is written between
    two statements of the transaction, and a lock that another session holds is met before any work is done.
    """
    order = look.sides.metadata.table_order
    tables = [(schema or "public", name) for schema, name in sorted(order, key=order.__getitem__)]
    return CallOp("lock_unchanged", BEGUN, tables, look.seen).undone_by("undo_once", BEGUN, None)


def before(look: Look) -> Iterator[CallOp]:
    """The calls that change existing rows, while the columns have their old types."""
    for number, choice in enumerate(mends(look), 1):
        schema, name = place(choice.table)
        table, kept = qualified(name, schema), qualified(f"{name}_{number}", ASIDE)
        make = f"{_locked(table)}{SET_UP}"
        if isinstance(choice, MoveRows):
            where = in_place(choice.where)
            sql = (
                f"{make}CREATE TABLE {kept} (LIKE {table});\n{described(kept, table)};\n"
                f"WITH moved AS (DELETE FROM {table} WHERE {where} RETURNING {ident(name)}.*)\n"
                f"INSERT INTO {kept} SELECT * FROM moved"
            )
            back = f"INSERT INTO {table} SELECT * FROM {kept};\nDROP TABLE {kept};\n{CLEAN_UP}"
        else:
            values = KeptValues((schema, name), primary_key(look, (schema, name)), choice.column, kept)
            sql = f"{make}{values.keep(in_place(choice.where))};\n{update(choice)};\n{values.mark}"
            back = values.restore(values.unchanged)
        yield once(f"adopt {number}: {choice.table}", sql, back)


def keep_dropped(look: Look) -> Iterator[CallOp]:
    """The calls that keep the values of the columns that `adopt.toml` drops."""
    for key in look.superseded:
        if key.kind == "column" and PrintedColumn.of(look.undeclared[key]).how in {"", "DEFAULT"}:
            table = (key.schema or "public", key.table or "")
            kept = qualified(f"{key.table}_{key.name}", ASIDE)
            values = KeptValues(table, primary_key(look, table), key.name, kept)
            keep = f"{SET_UP}{values.keep('true')}"
            yield once(f"drop {'.'.join(table)}.{key.name}", keep, values.restore())


def after(look: Look) -> Iterator[CallOp]:
    """The calls that fill new columns, and then set them NOT NULL."""
    keys = required(look)
    last = {(place(fill.table), fill.column): number for number, fill in enumerate(fills(look), 1)}
    for number, fill in enumerate(fills(look), 1):
        schema, name = place(fill.table)
        sql = f"{_locked(qualified(name, schema))}{update(fill)}"
        column = Key("column", schema, name, fill.column)
        if column in keys and last[(schema, name), fill.column] == number:
            # a row that another session inserts in between would have no value, and the key is recorded
            sql += f";\nALTER TABLE {qualified(name, schema)} ALTER COLUMN {ident(fill.column)} SET NOT NULL"
        yield once(f"fill {number}: {fill.table}.{fill.column}", sql, None)
    for key in keys:
        call = CallOp("alter_column", key.table, key.name, nullable=False, schema=key.schema)
        yield call.undone_by("alter_column", key.table, key.name, nullable=True, schema=key.schema)


def required(look: Look) -> list[Key]:
    """The new NOT NULL columns without a default: existing rows need a value."""
    declared, reflected = look.sides.declared, look.sides.reflected
    new = (key for key in declared if key.kind == "column" and key not in reflected)
    return [
        key
        for key in new
        if Key("table", key.schema, None, key.table or "") in reflected
        and not (part := PrintedColumn.of(declared[key])).nullable
        and not part.how
        and not part.identity
    ]


def unwritable(look: Look, operations: Iterable[object]) -> list[UnwritableOp]:
    """The differences that no statement resolves, except NOT NULL of a new column, which is filled."""
    filled = tuple(f"column {key.name} of {key.table} is declared NOT NULL" for key in required(look))
    notes = (operation for operation in operations if isinstance(operation, UnwritableOp))
    return [note for note in notes if not note.reason.startswith(filled)]


def _locked(table: str) -> str:
    """With -x autocommit the lock of the first statement is gone."""
    return f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;\n"


def update(choice: SetValue) -> str:
    schema, name = place(choice.table)
    source = f" FROM {in_place(choice.source)}" if choice.source else ""
    where = (
        f"({in_place(choice.on)}) AND ({in_place(choice.where)})" if choice.source else in_place(choice.where)
    )
    value = in_place(choice.value)
    return f"UPDATE {qualified(name, schema)} SET {ident(choice.column)} = {value}{source} WHERE {where}"


def primary_key(look: Look, table: tuple[str, str]) -> list[str]:
    """The columns of the declared primary key.

    :raises ConfigurationError: for a table that the application does not declare.
    """
    if table not in look.sides.metadata.tables:
        raise ConfigurationError(f"adopt.toml: {'.'.join(table)} is no table of {look.app.name}.")
    columns = look.sides.metadata.tables[table].primary_key.columns
    return [column.name for column in columns]


def once(key: str, sql: str, back: str | None) -> CallOp:
    """The call that executes a statement once, and its reverse."""
    return CallOp("run_once", key, sql).undone_by("undo_once", key, back)
