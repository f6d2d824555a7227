"""Login roles of the tests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.orm import Session

CreateLogin = Callable[..., str]
"""Makes a login role that is a member of the roles named, and returns its name, which is its password too."""

As = Callable[[str | None], AbstractContextManager[Session]]
"""Opens a session that acts as the person of this name; None is nobody."""


def login_url(url: str, login: str) -> sa.URL:
    """The same database for another login."""
    return sa.make_url(url).set(drivername="postgresql+psycopg", username=login, password=login)
