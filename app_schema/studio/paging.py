"""Keyset paging: a page starts after the last key of the previous one, so every page has the same cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlakeyset
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from app_schema.ddl.sql import qualified
from app_schema.studio.moment import Moment

EXACT = 10_000
"""The maximal number of counted rows; above it "about" or "more than"."""
_ANALYSED = sa.text("SELECT reltuples FROM pg_catalog.pg_class WHERE oid = to_regclass(:name)")

sqlakeyset.custom_bookmark_type(Moment, "moment")

_LEAST: dict[type, Any] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    date: date.min,
    datetime: datetime.min.replace(tzinfo=UTC),
}


@dataclass(frozen=True)
class Total:
    """The number of rows, exact, estimated or at least."""

    rows: int
    how: str = ""
    """Empty: counted. ``about``: as ANALYZE has counted. ``more than``: a lower bound."""

    def __str__(self) -> str:
        return f"{self.how} {self.rows:,}".strip()


def ordered(
    query: sa.Select[Any], sorts: Iterable[tuple[InstrumentedAttribute[Any], bool]], key: Sequence[Any]
) -> sa.Select[Any]:
    """The query in a total order without NULLs, as keyset paging requires.

    :param sorts: columns, and True for descending.
    :param key: the columns of the primary key, last in the order.
    """
    clauses: list[sa.ColumnElement[Any]] = []
    for column, descends in sorts:
        clauses += [part.desc() if descends else part.asc() for part in _comparable(column)]
    return query.order_by(*clauses, *key)


def _comparable(column: InstrumentedAttribute[Any]) -> list[sa.ColumnElement[Any]]:
    """The expression of a column in the order, never NULL: no page can start after a NULL."""
    type_ = column.type
    if isinstance(type_, sa.Enum):
        return [sa.func.coalesce(sa.cast(column, sa.Text), "")]
    if not column.property.columns[0].nullable:
        return [column.expression]
    python = type_.python_type
    least = _LEAST.get(python, 0)
    if python not in _LEAST and not isinstance(type_, sa.Numeric):
        return [sa.func.coalesce(sa.cast(column, sa.Text), "")]
    return [column.is_(None), sa.func.coalesce(column, sa.literal(least, type_))]


def page(session: Session, query: sa.Select[Any], size: int, bookmark: str | None) -> sqlakeyset.Page[Any]:
    """One page of an ordered query.

    :param bookmark: the start, from the paging of another page; None: the first page.
    :raises sqlakeyset.InvalidPage: for an invalid bookmark, or one of another order.
    """
    return sqlakeyset.select_page(session, query, per_page=size, page=bookmark or None)


def total(session: Session, query: sa.Select[Any], table: sa.Table | None) -> Total:
    """The number of rows.

    :param table: the whole table that the query reads, where it reads all of it: then the statistics of
        ANALYZE will do for a large one.
    """
    few = (
        query.order_by(None)
        .with_only_columns(sa.literal(1), maintain_column_froms=True)
        .limit(EXACT + 1)
        .subquery()
    )
    counted = session.scalar(sa.select(sa.func.count()).select_from(few)) or 0
    if counted <= EXACT or table is None:
        return judged(counted, None)
    return judged(counted, session.scalar(_ANALYSED, {"name": qualified(table.name, table.schema)}))


def bounded(table: str) -> str:
    """The rows of a table as far as they are counted."""
    return f"SELECT FROM {table} LIMIT {EXACT + 1}"


def judged(counted: int, analysed: float | None) -> Total:
    """The number of rows by a count of at most EXACT + 1 rows, and by ``pg_class.reltuples``.

    ``reltuples`` of a table without ANALYZE is -1: then there is no estimate.
    """
    if counted <= EXACT:
        return Total(counted)
    return (
        Total(int(analysed), "about")
        if analysed is not None and analysed > EXACT
        else Total(EXACT, "more than")
    )
