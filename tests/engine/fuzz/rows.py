"""Rows for the tables of a shape: with rows a generated revision takes other ways than without."""

from __future__ import annotations

import others
import sqlalchemy as sa
from kinds import literal, quoted
from shape import Column, Shape, Table

from app_schema.ddl.block import block

_VALUES = {
    "integer": ("1", "2"),
    "bigint": ("1", "2"),
    "smallint": ("1", "2"),
    "numeric": ("1", "2.5"),
    "numeric(10, 2)": ("1", "2.5"),
    "numeric(12, 4)": ("1", "2.5"),
    "text": ("'1'", "'a1'"),
    "varchar": ("'1'", "'a'"),
    "varchar(20)": ("'1'", "'a1'"),
    "varchar(50)": ("'1'", "'a1'"),
    "boolean": ("true", "false"),
    "uuid": ("'11111111-1111-1111-1111-111111111111'", "gen_random_uuid()"),
    "timestamptz": ("'2021-02-03 04:05:06+00'", "now()"),
    "date": ("'2021-02-03'", "CURRENT_DATE"),
    "jsonb": ("""'{"a": [1]}'""", """'{"a": "b"}'"""),
    "text[]": ("ARRAY['a']", "ARRAY['a', 'b']"),
}
"""Two values of each type; the first one can be read as many other types."""


def fill(engine: sa.Engine, shape: Shape, other: Shape) -> None:
    """Puts up to three rows into each table; a row that a constraint refuses is left out.

    :param other: what the schema becomes. Rows that cannot fit there are few: a revision refuses them.
    """
    lines = ["BEGIN", "SET CONSTRAINTS ALL IMMEDIATE;"]
    later = {table.place: table for table in other.tables}
    for table in (*shape.tables, *shape.tables):  # a second time: now there is what foreign keys refer to
        for number in (None, 0, 1):
            insert = _insert(shape, table, later.get(table.place), number)
            lines += [f"BEGIN {insert};", "EXCEPTION WHEN OTHERS THEN NULL; END;"] if insert else []
    for statement in (statement for one in shape.others for statement in others.rows(one)):
        lines += [f"BEGIN {statement};", "EXCEPTION WHEN OTHERS THEN NULL; END;"]
    with engine.begin() as connection:
        connection.exec_driver_sql(block([*lines, "END"]), execution_options={"no_parameters": True})


def empty(engine: sa.Engine) -> None:
    """Takes all rows away."""
    # ONLY: a foreign table that inherits cannot be truncated
    each = "concat('ONLY ', oid::regclass)"
    query = f"SELECT string_agg({each}, ', ') FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
    with engine.begin() as connection:
        tables = connection.exec_driver_sql(query).scalar()
        if tables is not None:
            connection.exec_driver_sql(f"TRUNCATE {tables.replace('%', '%%')} CASCADE")


def _insert(shape: Shape, table: Table, later: Table | None, number: int | None) -> str:
    """A row of the values of this number; None: NULL where that is allowed. Empty: none would fit later."""
    then = {column.name: column for column in later.columns} if later else {}
    here = {column.name: column for column in table.columns}
    for side, other in ((here, then), (then, here)) if later else ():
        # one that comes or goes, or is dropped and added anew, has no values afterwards, or on the way back
        if any(_is_missing(item) and _comes(item, other.get(name)) for name, item in side.items()):
            return ""
    columns = [
        column for column in table.columns if not (column.computed or column.serial or column.identity)
    ]
    chosen = []
    for column in columns:
        after = then.get(column.name, column)
        null = column.nullable and (after.nullable or bool(after.computed))
        if _converts(column.type, after.type):
            chosen += [] if number is None and null else [column]
        elif not null:
            return ""
    place = f"{quoted(table.place.schema)}.{quoted(table.place.name)}"
    if not chosen:
        return f"INSERT INTO {place} DEFAULT VALUES"
    names = ", ".join(quoted(choice.name) for choice in chosen)
    values = ", ".join(_value(shape, choice, number or 0) for choice in chosen)
    return f"INSERT INTO {place} ({names}) VALUES ({values})"


def _comes(column: Column, other: Column | None) -> bool:
    return other is None or bool(column.computed) != bool(other.computed)


def _is_missing(column: Column) -> bool:
    """True if an existing row has no value for a new column."""
    given = column.default is not None or column.computed or column.identity or column.serial
    return not column.nullable and not given


def _converts(old: str, new: str) -> bool:
    numbers, texts = ("integer", "bigint", "smallint", "numeric"), ("text", "varchar")
    return old == new or any(
        old.startswith(family) and new.startswith((*family, *texts)) for family in (numbers, texts)
    )


def _value(shape: Shape, column: Column, number: int) -> str:
    word, colon, name = column.type.partition(":")
    if not colon:
        return _VALUES[column.type][number]
    enum = next(other for other in shape.enums if ".".join(other.place) == name)
    label, type_ = literal(enum.labels[-number]), ".".join(quoted(part) for part in enum.place)
    return f"ARRAY[{label}]::{type_}[]" if word == "array" else f"{label}::{type_}"
