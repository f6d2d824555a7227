"""The database that the tests of one module share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from app_schema import database
from app_schema.testing.databases import Databases


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[sa.Engine]:
    """An engine for an empty database; what a test commits, it removes."""
    name = databases.create(None)
    engine = database.engine(databases.url(name))
    yield engine
    engine.dispose()
    databases.drop(name)


@pytest.fixture(scope="module", autouse=True)
def _roles(server_url: str) -> None:
    """Grantees for the cases; the run drops them at its end."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        for role in ("case_reader", "case_writer"):
            with contextlib.suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                connection.execute(f"CREATE ROLE {role}")
