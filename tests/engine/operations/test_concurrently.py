"""A second run replaces the INVALID index of an interrupted CREATE INDEX CONCURRENTLY."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from harness import operations, script

from app_schema.errors import ModelError

NAMES = ["ix_t", "a:x % \"b'"]


def _build(op: Any, name: str) -> None:
    op.create_index_concurrently(op.f(name), "t", ["a"], unique=True, schema="s")


def _left_behind(url: str, name: str) -> None:
    """A unique build that fails leaves an INVALID index, as an interrupted one does."""
    quoted = '"' + name.replace('"', '""') + '"'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA s; CREATE TABLE s.t (a int); INSERT INTO s.t VALUES (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {quoted} ON s.t (a)")
        connection.execute("TRUNCATE s.t")
        assert _valid(url) == [(name, False)]


def _valid(url: str) -> list[tuple[str, bool]]:
    query = (
        "SELECT c.relname, i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
        "WHERE c.relnamespace = 's'::regnamespace"
    )
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("name", NAMES)
def test_invalid_index_is_built_anew(empty_url: str, empty_engine: sa.Engine, name: str) -> None:
    _left_behind(empty_url, name)
    with empty_engine.connect() as connection:
        op = operations(connection)
        op.get_context()._transaction = connection.begin()
        _build(op, name)
        connection.commit()
    assert _valid(empty_url) == [(name, True)]


@pytest.mark.parametrize("name", NAMES)
def test_autocommit_block_builds_an_invalid_index_anew(
    empty_url: str, empty_engine: sa.Engine, name: str
) -> None:
    _left_behind(empty_url, name)
    with empty_engine.connect() as connection:
        op = operations(connection)
        for make in (True, True, False, False):
            op.get_context()._transaction = connection.begin()
            with op.get_context().autocommit_block():
                if make:
                    op.create_index(
                        op.f(name), "t", ["a"], unique=True, schema="s", postgresql_concurrently=True
                    )
                    assert _valid(empty_url) == [(name, True)]
                else:
                    op.drop_index(op.f(name), "t", schema="s", postgresql_concurrently=True)
            connection.commit()
    assert _valid(empty_url) == []


def test_script_builds_in_an_autocommit_block() -> None:
    def revise(op: Any) -> None:
        op.get_context().impl.emit_begin()
        with op.get_context().autocommit_block():
            op.create_index("ix_t", "t", ["a"], postgresql_concurrently=True)

    assert "COMMIT;\n\n" in script(revise)
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_t ON t (a)" in script(revise)


def test_concurrently_in_a_transaction_is_refused(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection, pytest.raises(ModelError, match="autocommit_block"):
        operations(connection).create_index("ix_t", "t", ["a"], postgresql_concurrently=True)


@pytest.mark.parametrize("name", NAMES)
def test_script_mends_an_invalid_index(empty_url: str, name: str) -> None:
    _left_behind(empty_url, name)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for statement in script(lambda op: _build(op, name)).split(";\n\n"):
            if statement.strip():
                connection.execute(statement.encode())
    assert _valid(empty_url) == [(name, True)]
