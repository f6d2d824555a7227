"""The database that the tests of one module share."""

from __future__ import annotations

from collections.abc import Iterator

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
