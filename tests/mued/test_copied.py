"""A copy of a database is told by its catalog: a subscriber, a restore without roles."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from declaring import declaring

from app_schema import database, migrations
from app_schema.copied import of_copy
from app_schema.ddl import Role, attach
from app_schema.errors import AppSchemaError
from app_schema.models import Base


@pytest.fixture
def subscriber_url(database_url: str) -> Iterator[str]:
    """A database whose version table is replicated, as after FOR ALL TABLES, and which lacks a column."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE SUBSCRIPTION elsewhere CONNECTION 'host=nowhere' PUBLICATION everything"
            " WITH (connect = false)"
        )
        connection.execute("SET allow_system_table_mods = on")
        connection.execute(
            "INSERT INTO pg_catalog.pg_subscription_rel"
            " SELECT oid, 'public.alembic_version'::regclass, 'r', NULL"
            " FROM pg_catalog.pg_subscription WHERE subname = 'elsewhere'"
        )
        connection.execute("ALTER TABLE public.users DROP COLUMN clerk_id CASCADE")
        yield database_url
        connection.execute("ALTER SUBSCRIPTION elsewhere SET (slot_name = NONE)")
        connection.execute("DROP SUBSCRIPTION elsewhere")


@pytest.mark.parametrize("move", [migrations.upgrade, migrations.downgrade])
def test_revision_of_a_publisher_is_not_taken_for_the_subscribers(subscriber_url: str, move: object) -> None:
    assert callable(move)
    with pytest.raises(AppSchemaError, match=r"(?s)subscription elsewhere.*FOR TABLE.*Nothing was changed"):
        move(subscriber_url)


def _said(url: str, metadata: sa.MetaData) -> list[str]:
    engine = database.engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return list(of_copy(connection, declaring(metadata), newest=True))


def test_subscriber_is_told(subscriber_url: str) -> None:
    (said,) = _said(subscriber_url, Base.metadata)
    assert "subscription elsewhere" in said


def test_restore_without_roles_is_told_and_mended(database_url: str) -> None:
    assert _said(database_url, Base.metadata) == []
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT policyname, schemaname, tablename FROM pg_policies").fetchall()
        dropped = [row for row in rows if "alembic" not in row[2]]
        for policy, schema, table in dropped:
            connection.execute(f'DROP POLICY "{policy}" ON {schema}.{table}'.encode())
    (said,) = _said(database_url, Base.metadata)
    assert f"this does not exist here: {len(dropped)} of {len(dropped)} policies." in said
    assert "alembic stamp base" in said


def test_absent_role_is_told(database_url: str) -> None:
    metadata = sa.MetaData()
    attach(metadata, Role("nobody_of_that_name"))
    (said,) = _said(database_url, metadata)
    assert "this does not exist here: the role nobody_of_that_name." in said
