"""Paging by key: a page begins where the one before ended, so the thousandth costs what the first does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlakeyset
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from app_schema.overview import estimate

EXACT = 10_000
"""Up to so many rows of a search are counted; what is more is said to be more."""

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
    """How many rows there are, as far as was worth finding out."""

    rows: int
    how: str = ""
    """Empty: counted. ``about``: the planner's estimate. ``more than``: there are more."""

    def __str__(self) -> str:
        return f"{self.how} {self.rows:,}".strip()


def ordered(
    query: sa.Select[Any], sorts: Iterable[tuple[InstrumentedAttribute[Any], bool]], key: Sequence[Any]
) -> sa.Select[Any]:
    """The query in an order that is total, and that a page can begin in.

    :param sorts: columns and whether each descends.
    :param key: the columns of the primary key, which come last.
    """
    clauses: list[sa.ColumnElement[Any]] = []
    for column, descends in sorts:
        clauses += [part.desc() if descends else part.asc() for part in _comparable(column)]
    return query.order_by(*clauses, *key)


def _comparable(column: InstrumentedAttribute[Any]) -> list[sa.ColumnElement[Any]]:
    """What stands for a column in the order: nothing that is NULL, which no page could begin after."""
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

    :param bookmark: where it begins: what the paging of another page gave; None is the first.
    :raises sqlakeyset.InvalidPage: where the bookmark is of another order, or none.
    """
    return sqlakeyset.select_page(session, query, per_page=size, page=bookmark or None)


def total(session: Session, query: sa.Select[Any], table: sa.Table | None) -> Total:
    """The number of rows.

    :param table: the whole table that the query reads, where it reads all of it: then the planner's estimate
        will do for a large one.
    """
    if table is not None:
        about = estimate(session.connection(), table.schema or "public", table.name)
        if about > EXACT:
            return Total(about, "about")
    few = (
        query.order_by(None)
        .with_only_columns(sa.literal(1), maintain_column_froms=True)
        .limit(EXACT + 1)
        .subquery()
    )
    counted = session.scalar(sa.select(sa.func.count()).select_from(few)) or 0
    return Total(EXACT, "more than") if counted > EXACT else Total(counted)
