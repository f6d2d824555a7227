"""Constraints without a name, as Alembic generates them: named by PostgreSQL, guarded by definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from harness import catalog_rows, operations, script
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema.catalog import snapshot
from app_schema.errors import DifferentError, ModelError

BASE = """
CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE t (id int NOT NULL, a int, b text, "P" int);
INSERT INTO parent VALUES (1, 'x'); INSERT INTO t VALUES (1, 1, 'x', 1)
"""


def _column(*items: Any, **said: Any) -> sa.Column[Any]:
    return sa.Column("extra", sa.Integer, *items, **said)


Call = Callable[[Any], Any]
CALLS: dict[str, tuple[Call, str]] = {
    "foreign key": (lambda op: op.create_foreign_key(None, "t", "parent", ["P"], ["id"]), "t_P_fkey"),
    "foreign key with rules": (
        lambda op: op.create_foreign_key(
            None,
            "t",
            "parent",
            ["b"],
            ["code"],
            ondelete="CASCADE",
            deferrable=True,
            postgresql_not_valid=True,
        ),
        "t_b_fkey",
    ),
    "foreign key to itself": (lambda op: op.create_foreign_key(None, "parent", "parent", ["id"], ["id"]), ""),
    "unique": (lambda op: op.create_unique_constraint(None, "t", ["a", "b"]), "t_a_b_key"),
    "check": (lambda op: op.create_check_constraint(None, "t", "a > 0 AND b IN ('x', '%')"), "t_check"),
    "check of a column": (lambda op: op.create_check_constraint(None, "t", sa.column("a") > 0), "t_a_check"),
    "primary key": (lambda op: op.create_primary_key(None, "t", ["id"]), "t_pkey"),
    "exclusion": (lambda op: op.create_exclude_constraint(None, "t", ("a", "="), using="btree"), "t_a_excl"),
    "column with foreign key": (
        lambda op: op.add_column("t", _column(sa.ForeignKey("parent.id"))),
        "t_extra_fkey",
    ),
    "column with inline foreign key": (
        lambda op: op.add_column("t", _column(sa.ForeignKey("parent.id", name="x")), inline_references=True),
        "t_extra_fkey",
    ),
    "column with inline primary key": (
        lambda op: op.add_column(
            "t", sa.Column("key", sa.Integer, sa.Identity(), primary_key=True), inline_primary_key=True
        ),
        "t_pkey",
    ),
    "unique column": (lambda op: op.add_column("t", _column(unique=True)), "t_extra_key"),
    "indexed column": (lambda op: op.add_column("t", _column(index=True)), ""),
    "column with check": (
        lambda op: op.add_column("t", _column(sa.CheckConstraint("extra > 0"))),
        "t_extra_check",
    ),
    "column with a type's check": (
        lambda op: op.add_column("t", sa.Column("extra", sa.Boolean(create_constraint=True))),
        "",
    ),
    "table": (
        lambda op: op.create_table(
            "made",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("n", sa.Integer, sa.ForeignKey("parent.id"), sa.CheckConstraint("n > 0"), unique=True),
            sa.Column("e", sa.Enum("a", "b", native_enum=False, create_constraint=True)),
            sa.CheckConstraint("n > id"),
            ExcludeConstraint(("n", "="), using="btree"),
        ),
        "",
    ),
}


@pytest.fixture
def connection(shared: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is rolled back, with rows in two tables."""
    with shared.connect() as connection, connection.begin() as transaction:
        _send(connection, BASE)
        yield connection
        transaction.rollback()


def _send(connection: sa.Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def _plain(connection: sa.Connection) -> Any:
    """Alembic's ``op`` without guards."""
    from alembic.ddl.postgresql import PostgresqlImpl

    context = MigrationContext.configure(connection)
    context.impl = PostgresqlImpl(connection.dialect, connection, False, True, None, {})  # noqa: FBT003
    return Operations(context)


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", CALLS)
def test_unnamed_is_made_as_alembic_makes_it_and_left_alone(connection: sa.Connection, name: str) -> None:
    call, named = CALLS[name]
    with connection.begin_nested() as plain:
        call(_plain(connection))
        expected = snapshot(connection)
        plain.rollback()
    call(operations(connection))
    assert snapshot(connection) == expected
    done = catalog_rows(connection)
    call(operations(connection))
    assert catalog_rows(connection) == done
    if not named:
        return
    table = "t"
    for _ in range(2):
        operations(connection).drop_constraint(named, table)
    with connection.begin_nested() as again:
        call(operations(connection))
        again.rollback()


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", CALLS)
def test_unnamed_is_known_under_another_name(connection: sa.Connection, name: str) -> None:
    """A naming convention that came later has renamed it."""
    call, _ = CALLS[name]
    call(operations(connection))
    query = """
      SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', conrelid::regclass, conname,
          'was ' || conname)
        FROM pg_constraint WHERE conrelid::regclass::text IN ('t', 'made', 'parent') AND contype <> 'n'"""
    for rename in connection.exec_driver_sql(query.replace("%", "%%")).scalars().all():
        _send(connection, rename)
    before = snapshot(connection)
    call(operations(connection))
    assert snapshot(connection) == before


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", CALLS)
def test_script_of_unnamed_can_be_applied_twice(connection: sa.Connection, name: str) -> None:
    call, _ = CALLS[name]
    statements = [part for part in script(call).split(";\n\n") if part.strip()]
    for statement in statements:
        _send(connection, statement)
    before = snapshot(connection)
    for statement in statements:
        _send(connection, statement)
    assert snapshot(connection) == before


def test_another_primary_key_is_in_the_way(connection: sa.Connection) -> None:
    _send(connection, "ALTER TABLE t ADD PRIMARY KEY (id, a)")
    with pytest.raises(DifferentError, match="primary key without a name") as refusal:
        operations(connection).create_primary_key(None, "t", ["id"])
    assert "PRIMARY KEY (id, a)" in str(refusal.value)


def test_one_that_was_never_validated_is_different(connection: sa.Connection) -> None:
    _send(connection, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent NOT VALID")
    with pytest.raises(DifferentError, match="NOT VALID"):
        operations(connection).create_foreign_key(None, "t", "parent", ["a"], ["id"])


def test_drop_of_what_has_no_name_says_what_to_write(connection: sa.Connection) -> None:
    with pytest.raises(ModelError, match="write the name that PostgreSQL chose"):
        operations(connection).drop_constraint(None, "t", type_="foreignkey")
