"""How the tests log in."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

CreateLogin = Callable[..., str]


def login_url(url: str, login: str) -> sa.URL:
    """The same database for another login, as made by the fixture `create_login`."""
    return sa.make_url(url).set(drivername="postgresql+psycopg", username=login, password=login)
