"""Times that PostgreSQL has and Python has not: ``infinity``, before the year 1, after 9999, as their text.

psycopg raises an error for such a value, and one row would hide all other rows of its page.
"""

from __future__ import annotations

from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader


class Moment(str):
    """Such a text. SQLAlchemy would cast a mere ``str`` to varchar, which is comparable with no time."""

    __slots__ = ()


class _OrText(Loader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)  # type: ignore[safe-super]  # that of the class beside
        except psycopg.DataError:
            return Moment(bytes(data).decode())


class _Date(_OrText, DateLoader):
    pass


class _Timestamp(_OrText, TimestampLoader):
    pass


class _Timestamptz(_OrText, TimestamptzLoader):
    pass


_LOADERS: dict[str, type[Any]] = {"date": _Date, "timestamp": _Timestamp, "timestamptz": _Timestamptz}


def as_text(engine: sa.Engine) -> None:
    """Has the connections of an engine load such a value as a text; calling it again changes nothing."""
    if not sa.event.contains(engine, "checkout", _register):
        sa.event.listen(engine, "checkout", _register)  # some may be in the pool already


def _register(driver: psycopg.Connection[Any], *_: object) -> None:
    for name, loader in _LOADERS.items():
        driver.adapters.register_loader(name, loader)
