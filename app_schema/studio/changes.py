"""The statements that this studio has written, each with the statement that undoes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema.ddl.sql import ident, qualified

KEPT = 100
"""So many changes can be undone."""

Row = Mapping[str, str]
"""A row as literals by column, as PostgreSQL quotes them."""


@dataclass
class Change:
    """A statement that changed one row, and its inverse."""

    statement: str
    inverse: str
    number: int = field(default_factory=count(1).__next__)
    undone: bool = False


class Changes:
    """The changes of a studio, in memory only."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Change]:
        """The changes, the newest first."""
        return reversed(self._changes)

    def add(self, change: Change) -> None:
        """Keeps a committed change."""
        self._changes.append(change)

    @property
    def last(self) -> Change | None:
        """The newest change that was not undone."""
        return next((change for change in self if not change.undone), None)

    def find(self, number: str) -> Change | None:
        """The change with this number, unless it was undone."""
        return next((change for change in self if str(change.number) == number and not change.undone), None)


def literals(
    session: Session, table: sa.Table, columns: Collection[str], where: sa.ColumnElement[bool]
) -> list[Row]:
    """The rows as literals; columns that PostgreSQL computes are left out."""
    quoted = [
        sa.func.quote_nullable(sa.cast(column, sa.Text)).label(column.name)
        for column in table.columns
        if column.name in columns and column.computed is None
    ]
    return [dict(row) for row in session.execute(sa.select(*quoted).where(where)).mappings()]


def updated(table: sa.Table, before: Row, after: Row, written: Collection[str]) -> Change | None:
    """The change of a row; None if no written column changed.

    The inverse does nothing where another session has changed one of the columns since.
    """
    changed = [name for name in after if name in written and before[name] != after[name]]
    if not changed:
        return None
    unchanged = [f"{ident(name)}::text IS NOT DISTINCT FROM {after[name]}" for name in changed]
    return Change(
        f"UPDATE {_name(table)} SET {_assigned(changed, after)} WHERE {_key(table, after)}",
        f"UPDATE {_name(table)} SET {_assigned(changed, before)} "
        f"WHERE {' AND '.join([_key(table, after), *unchanged])}",
    )


def inserted(table: sa.Table, row: Row) -> Change:
    """The change that created a row."""
    return Change(insert(table, row), f"DELETE FROM {_name(table)} WHERE {_key(table, row)}")


def deleted(table: sa.Table, row: Row) -> Change:
    """The change that deleted a row."""
    return Change(f"DELETE FROM {_name(table)} WHERE {_key(table, row)}", insert(table, row))


def insert(table: sa.Table, row: Row) -> str:
    """INSERT of a row, with its key."""
    columns = ", ".join(map(ident, row))
    # an identity column that is GENERATED ALWAYS takes no value else; other tables do not mind
    return (
        f"INSERT INTO {_name(table)} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(row.values())})"
    )


def undo(session: Session, change: Change) -> bool:
    """Sends the inverse; False if the row is no longer as the change has left it."""
    options = {"no_parameters": True}
    result: Any = session.connection().exec_driver_sql(change.inverse, execution_options=options)
    return bool(result.rowcount == 1)


def _name(table: sa.Table) -> str:
    return qualified(table.name, table.schema)


def _assigned(columns: Sequence[str], row: Row) -> str:
    return ", ".join(f"{ident(name)} = {row[name]}" for name in columns)


def _key(table: sa.Table, row: Row) -> str:
    return " AND ".join(f"{ident(column.name)} = {row[column.name]}" for column in table.primary_key.columns)
