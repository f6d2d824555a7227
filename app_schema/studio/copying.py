"""Rows as text to paste or to keep: JSON, CSV, INSERT. PostgreSQL prints each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from app_schema.ddl.sql import ident, qualified

MEDIA = {"json": "application/json", "csv": "text/csv", "insert": "application/sql"}
ENDINGS = {"json": "json", "csv": "csv", "insert": "sql"}
AT_ONCE = 500
"""So many rows are fetched at once."""


def lines(
    connection: sa.Connection,
    form: str,
    table: sa.Table,
    query: sa.Select[Any],
    columns: Sequence[sa.Column[Any]],
) -> Iterator[str]:
    """The text of the rows of a query, line by line.

    :param form: a key of MEDIA.
    :param columns: the columns of the table that the text has.
    """
    begin, printed, between, end = _FORMS[form](table, query, columns)
    yield begin
    # a browser may go away in the middle
    with connection.execution_options(yield_per=AT_ONCE).execute(printed) as rows:
        for number, line in enumerate(rows.scalars()):
            yield f"{between if number else ''}{line}"
    yield end


_Form = tuple[str, sa.Select[Any], str, str]


def _json(table: sa.Table, query: sa.Select[Any], columns: Sequence[sa.Column[Any]]) -> _Form:
    del table
    rows = query.with_only_columns(*columns).subquery("row")
    return "[", sa.select(sa.cast(sa.func.row_to_json(rows.table_valued()), sa.Text)), ",\n ", "]\n"


def _csv(table: sa.Table, query: sa.Select[Any], columns: Sequence[sa.Column[Any]]) -> _Form:
    """As COPY writes it: NULL is empty, the empty string is quoted."""
    del table
    cells = [
        sa.func.coalesce('"' + sa.func.replace(sa.cast(column, sa.Text), '"', '""') + '"', "")
        for column in columns
    ]
    head = ",".join('"' + column.name.replace('"', '""') + '"' for column in columns)
    return f"{head}\n", _joined(query, cells, ","), "\n", "\n"


def _insert(table: sa.Table, query: sa.Select[Any], columns: Sequence[sa.Column[Any]]) -> _Form:
    written = [column for column in columns if column.computed is None]
    names = ", ".join(ident(column.name) for column in written)
    begin = f"INSERT INTO {qualified(table.name, table.schema)} ({names}) VALUES ("
    values = _joined(query, [sa.func.quote_nullable(sa.cast(column, sa.Text)) for column in written], ", ")
    (printed,) = values.selected_columns
    return "", values.with_only_columns(sa.literal(begin) + printed + ");"), "\n", "\n"


def _joined(query: sa.Select[Any], cells: Sequence[sa.ColumnElement[Any]], by: str) -> sa.Select[Any]:
    # an array, because a function takes no more than 100 arguments
    return query.with_only_columns(sa.func.array_to_string(array(cells), by, type_=sa.Text))


_FORMS: dict[str, Callable[[sa.Table, sa.Select[Any], Sequence[sa.Column[Any]]], _Form]] = {
    "json": _json,
    "csv": _csv,
    "insert": _insert,
}
