"""Values that Python has and PostgreSQL has not, refused where a request enters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_DAY = timedelta(days=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC) + _DAY
_LATEST = datetime.max.replace(tzinfo=UTC) - _DAY


def storable(value: Any) -> Any:
    """The value itself, for a validator of Pydantic; the members of lists and objects are looked at too.

    :raises ValueError: for a text with a NUL character or half a surrogate pair, which no text of PostgreSQL
        holds; for a time outside of the years 1 to 9999 in UTC or any session's time zone: PostgreSQL stores
        it, and psycopg cannot load it.
    """
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, datetime):
        _check_time(value)
    elif isinstance(value, dict):
        for key, member in value.items():
            storable(key)
            storable(member)
    elif isinstance(value, list | tuple | set):
        for member in value:
            storable(member)
    return value


def _check_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("text must not contain the character NUL")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("text must not contain half of a surrogate pair")


def _check_time(time: datetime) -> None:
    # A day is kept free at either end: a session loads the time in its own zone, up to 16 hours from UTC, and
    # a time without a zone is stored as one of that zone.
    try:
        inside = _EARLIEST <= (time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)) <= _LATEST
    except OverflowError:
        inside = False
    if not inside:
        raise ValueError("time must be in the years 1 to 9999, at least a day from either end")
