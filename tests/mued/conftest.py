"""A database with a row in every table of MUED."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from lineage import Alembic
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.identity import acting_as
from app_schema.migrations import folding
from app_schema.migrations.folding import folded
from app_schema.mued.factories import RowFactory
from app_schema.testing.databases import Databases


@pytest.fixture(scope="module")
def filled_engine(databases: Databases, template: str) -> Iterator[sa.Engine]:
    """An engine for a database with a row in every table, for tests that leave it as it was."""
    name = databases.create(template)
    engine = database.engine(databases.url(name))
    with Session(engine) as session:
        for factory in RowFactory.of.values():
            factory.create(session)
        session.commit()
    yield engine
    engine.dispose()
    databases.drop(name)


@pytest.fixture(scope="session")
def lineage_script() -> tuple[str, list[str]]:
    """The script of ``upgrade head --sql``, and its statements before they are folded."""
    given: list[str] = []

    def noting(script: list[str]) -> list[str]:
        given.extend(script)
        return folded(script)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "folded", noting)
        return Alembic("postgresql://no.such.host/offline")("upgrade", "head", sql=True), given


@pytest.fixture
def service(filled_engine: sa.Engine) -> Iterator[Session]:
    """A session of the role service_account on `filled_engine`; what a test does is rolled back."""
    with Session(filled_engine) as session, acting_as(session, None, role="service_account"):
        yield session
        session.rollback()
