"""The row as a form was opened with it: what others have changed since then is not overwritten unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

FIELD = "_opened"
"""The hidden field of an edit form that contains `digests()`."""


def digests(row: Any, columns: Iterable[str]) -> str:
    """A digest of each column of a row, as JSON: values may be long, and the form needs none of them."""
    return json.dumps({column: _digest(getattr(row, column)) for column in columns})


def changed(row: Any, opened: str, columns: Iterable[str]) -> list[str]:
    """The columns whose value has changed since the form was opened.

    Raises ValueError if the form has no digests.
    """
    try:
        before = json.loads(opened)
        return [column for column in columns if before[column] != _digest(getattr(row, column))]
    except (KeyError, TypeError, ValueError):
        raise ValueError("The form has no state of its row: open the row again.") from None


def conflict(current: Any, typed: Any) -> str:
    """The refusal next to a field that another session has changed since."""
    return (
        f"Somebody changed this value after the form was opened. In the database: {_shown(current)}. "
        f"In this form: {_shown(typed)}. Saving again overwrites the value in the database."
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}'" if isinstance(value, str) else str(value)
