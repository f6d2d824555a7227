"""The label of a row, beside a key, in lists, forms and pickers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

LABELS = ("name", "title", "label", "full_name", "email", "login", "slug", "code")
"""Columns that tell a person which row it is, the best first."""
LENGTH = 60
"""So many characters of a label are shown."""


def label_column(table: sa.Table, present: Collection[str]) -> sa.Column[Any] | None:
    """The column of a table that is its label; None: only the key tells its rows apart."""
    return next(
        (
            table.c[name]
            for name in LABELS
            if name in table.c and name in present and isinstance(table.c[name].type, sa.String)
        ),
        None,
    )


def labels(
    session: Session, key: sa.Column[Any], label: sa.Column[Any], keys: Iterable[Any]
) -> dict[str, str]:
    """The labels by key, as far as the session may see the rows."""
    rows = session.execute(
        sa.select(key, sa.func.left(label, LENGTH)).where(key.in_(set(keys)), label.is_not(None))
    )
    return {str(key): text for key, text in rows}
