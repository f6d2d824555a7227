"""One generated revision of our own metadata builds what the lineage builds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog import Snapshot, diff, snapshot
from app_schema.models import Base

pytestmark = pytest.mark.part(of=6, among="long")


def _catalog(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return snapshot(connection)


def test_one_revision_builds_what_the_lineage_builds(empty_engine: sa.Engine, engine: sa.Engine) -> None:
    lineage = _catalog(engine)
    generated = autogenerate(empty_engine, Base.metadata)

    generated.upgrade(empty_engine)

    assert diff(lineage, _catalog(empty_engine)) == []
    for prune in (False, True):
        again = autogenerate(empty_engine, Base.metadata, prune=prune)
        assert again.empty, again.text
        assert again.undeclared == []
    generated.upgrade(empty_engine)
    assert diff(lineage, _catalog(empty_engine)) == [], "again it changes nothing"


def test_its_downgrade_leaves_nothing(empty_engine: sa.Engine) -> None:
    empty = _catalog(empty_engine)
    generated = autogenerate(empty_engine, Base.metadata)
    generated.upgrade(empty_engine)
    built = _catalog(empty_engine)

    generated.downgrade(empty_engine)

    assert diff(empty, _catalog(empty_engine)) == []
    generated.upgrade(empty_engine)
    assert diff(built, _catalog(empty_engine)) == [], "and up again it builds the same"


def test_what_is_missing_is_made_again(empty_engine: sa.Engine) -> None:
    """A part of the objects is there already, equal to what is declared."""
    generated = autogenerate(empty_engine, Base.metadata)
    generated.upgrade(empty_engine)
    built = _catalog(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA muednote_v3 CASCADE")
        connection.exec_driver_sql("DROP VIEW public.v_rag_embeddings_with_source")
        connection.exec_driver_sql("DROP FUNCTION app.is_admin(), app.drop_embedding() CASCADE")

    generated.upgrade(empty_engine)

    assert diff(built, _catalog(empty_engine)) == []
