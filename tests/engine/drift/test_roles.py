"""Roles belong to the cluster, so these have names of the test's own, and go when it ends."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from declaring import declaring
from psycopg import sql

from app_schema.catalog import Snapshot, diff, snapshot
from app_schema.ddl import Grant, Role, attach
from app_schema.migrations.drift import drift

pytestmark = pytest.mark.part(of=4)

ATTRIBUTES = ("LOGIN", "SUPERUSER", "CREATEDB", "CREATEROLE", "NOINHERIT", "REPLICATION", "BYPASSRLS")


def _catalog(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return snapshot(connection)


@pytest.fixture
def role(server_url: str) -> Iterator[str]:
    """The name of a role that another test cannot have."""
    name = f"drift_{secrets.token_hex(6)}"
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


@pytest.fixture
def role_engine(role: str, empty_engine: sa.Engine) -> sa.Engine:
    """A database that goes before the role does."""
    del role
    return empty_engine


def _metadata(role: str) -> sa.MetaData:
    metadata = sa.MetaData()
    attach(metadata, Role(role))
    sa.Table("t", metadata, sa.Column("id", sa.Integer), Grant("SELECT", to=role))
    return metadata


@pytest.mark.part(of=4)
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attribute_is_noticed_mended_and_brought_back(
    attribute: str, role: str, role_engine: sa.Engine
) -> None:
    metadata = _metadata(role)
    autogenerate(role_engine, metadata).upgrade(role_engine)
    declared = _catalog(role_engine)
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER ROLE {role} {attribute}")
    drifted = _catalog(role_engine)

    generated = autogenerate(role_engine, metadata)

    assert any(role in str(difference) for difference in generated.diffs)
    generated.upgrade(role_engine)
    assert diff(declared, _catalog(role_engine)) == []
    assert autogenerate(role_engine, metadata).empty
    generated.downgrade(role_engine)
    assert diff(drifted, _catalog(role_engine)) == []


def test_missing_role_is_made_and_dropped(role: str, role_engine: sa.Engine) -> None:
    metadata = _metadata(role)
    empty = _catalog(role_engine)

    generated = autogenerate(role_engine, metadata)

    assert any(role in str(difference) for difference in generated.diffs)
    generated.upgrade(role_engine)
    assert any(key.kind == "role" and key.name == role for key in _catalog(role_engine))
    assert autogenerate(role_engine, metadata).empty
    generated.downgrade(role_engine)
    assert diff(empty, _catalog(role_engine)) == []
    with role_engine.connect() as connection:
        assert (
            connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
            == 0
        )


def test_role_that_is_there_already_is_used(role: str, role_engine: sa.Engine) -> None:
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
    metadata = _metadata(role)

    generated = autogenerate(role_engine, metadata)
    generated.upgrade(role_engine)

    assert autogenerate(role_engine, metadata).empty
    generated.downgrade(role_engine)
    with role_engine.connect() as connection:
        assert (
            connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
            == 1
        )


def test_role_with_other_attributes_is_different_before_anything_uses_it(
    role: str, role_engine: sa.Engine
) -> None:
    """Roles are compared as the cluster has them, not as far as the database uses them."""
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} BYPASSRLS")
    metadata = _metadata(role)

    generated = autogenerate(role_engine, metadata)

    assert ("replace_role", f"role {role}") in generated.diffs
    with role_engine.connect() as connection:
        states = {obj.object: obj.state for obj in drift(connection, declaring(metadata)).objects}
    assert states[f"role {role}"] == "different"
    for _ in range(2):
        generated.upgrade(role_engine)
    assert autogenerate(role_engine, metadata).empty


def test_role_that_nothing_uses_is_no_difference(role: str, role_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    attach(metadata, Role(role))
    autogenerate(role_engine, metadata).upgrade(role_engine)
    assert autogenerate(role_engine, metadata).empty
    with role_engine.connect() as connection:
        assert drift(connection, declaring(metadata)).conforms


def test_revision_that_begins_to_use_a_role_makes_it_for_other_clusters(
    role: str, role_engine: sa.Engine
) -> None:
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
    assert f'op.create_role("{role}")' in autogenerate(role_engine, _metadata(role)).text


def test_undeclared_role_is_reported_by_its_grant(role: str, role_engine: sa.Engine) -> None:
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        connection.exec_driver_sql("CREATE TABLE t (id integer)")
        connection.exec_driver_sql(f"GRANT SELECT ON t TO {role}")
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer))

    generated = autogenerate(role_engine, metadata)

    assert generated.empty
    assert any(role in label for label in generated.undeclared)
    pruned = autogenerate(role_engine, metadata, prune=True)
    pruned.upgrade(role_engine)
    assert autogenerate(role_engine, metadata, prune=True).empty


def test_membership_is_noticed_mended_and_brought_back(role: str, role_engine: sa.Engine) -> None:
    """A member of a role that sees every row sees every row."""
    metadata, group = _metadata(role), f"{role}_g"
    attach(metadata, Role(group))
    sa.Table("u", metadata, sa.Column("id", sa.Integer), Grant("SELECT", to=group))
    autogenerate(role_engine, metadata).upgrade(role_engine)
    declared = _catalog(role_engine)
    try:
        with role_engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {role}_l LOGIN")
            connection.exec_driver_sql(f"GRANT {role}, {group} TO {role}_l")
        assert autogenerate(role_engine, metadata).empty  # who logs in is no business of the metadata
        with role_engine.begin() as connection:
            connection.exec_driver_sql(f"GRANT {group} TO {role}")
        drifted = _catalog(role_engine)

        generated = autogenerate(role_engine, metadata)

        assert generated.diffs == [("replace_role", f"role {role}")]
        with role_engine.connect() as connection:
            (found,) = drift(connection, declaring(metadata)).objects
        assert (found.found or "").endswith(f" IN ROLE {group}")
        for _ in range(2):
            generated.upgrade(role_engine)
            assert diff(declared, _catalog(role_engine)) == []
        for _ in range(2):
            generated.downgrade(role_engine)
            assert diff(drifted, _catalog(role_engine)) == []
    finally:
        with role_engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {group}; DROP ROLE IF EXISTS {role}_l, {group}")


def test_membership_is_declared_before_anything_is_granted_to_the_group(
    role: str, role_engine: sa.Engine
) -> None:
    metadata, group = sa.MetaData(), f"{role}_g"
    attach(metadata, Role(group), Role(role, in_role=group))
    sa.Table("t", metadata, sa.Column("id", sa.Integer), Grant("SELECT", to=role))
    try:
        generated = autogenerate(role_engine, metadata)
        for _ in range(2):
            generated.upgrade(role_engine)
        assert autogenerate(role_engine, metadata).empty
        with role_engine.begin() as connection:
            connection.exec_driver_sql(f"REVOKE {group} FROM {role}")
        assert autogenerate(role_engine, metadata).diffs == [("replace_role", f"role {role}")]
    finally:
        with role_engine.begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE IF EXISTS {group}")


def test_role_keeps_the_attribute_that_is_declared_as_none(role: str, role_engine: sa.Engine) -> None:
    """Somebody logs in by it: no revision takes LOGIN away, and no comparison asks for that."""
    metadata = sa.MetaData()
    attach(metadata, Role(role, login=None))
    sa.Table("t", metadata, sa.Column("id", sa.Integer), Grant("SELECT", to=role))
    generated = autogenerate(role_engine, metadata)
    generated.upgrade(role_engine)
    is_login = sa.text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :role")
    with role_engine.begin() as connection:
        assert connection.scalar(is_login, {"role": role}) is False
        connection.exec_driver_sql(f"ALTER ROLE {role} LOGIN")

    generated.upgrade(role_engine)  # accepts what is there
    assert autogenerate(role_engine, metadata).empty
    with role_engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER ROLE {role} CREATEDB")
    mended = autogenerate(role_engine, metadata)
    assert not mended.empty
    for _ in range(2):
        mended.upgrade(role_engine)
    assert autogenerate(role_engine, metadata).empty
    with role_engine.connect() as connection:
        assert connection.scalar(is_login, {"role": role}) is True
