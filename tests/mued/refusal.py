"""Refusals of PostgreSQL, by SQLSTATE."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app_schema.models import Base

CHECK, EXCLUSION, FOREIGN_KEY, NOT_NULL, UNIQUE = "23514", "23P01", "23503", "23502", "23505"
DENIED = "42501"
NO_SUCH_VALUE = "22P02"


@contextmanager
def refused(session: Session, *sqlstates: str) -> Iterator[None]:
    """Asserts that the block is refused for one of these reasons; the transaction continues without it."""
    with pytest.raises(DBAPIError) as caught, session.begin_nested():  # noqa: PT012 - the caller has one
        yield
        session.flush()
    assert getattr(caught.value.orig, "sqlstate", None) in sqlstates, caught.value


def count(session: Session, model: type[Base], *where: Any) -> int:
    """The rows of a table that the session sees."""
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0
