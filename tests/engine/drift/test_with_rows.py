"""Generated revisions on tables with rows: run twice, up and down, in transactions and in autocommit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from autogen import Generated, autogenerate
from sqlalchemy.dialects import postgresql

from app_schema.catalog import diff, snapshot

pytestmark = pytest.mark.part(of=4)

CHANGES: dict[str, Callable[[], sa.schema.SchemaItem]] = {
    "check": lambda: sa.CheckConstraint("a > 0 AND b <> 'z'", name="ck"),
    "foreign key": lambda: sa.ForeignKeyConstraint(["a"], ["parent.id"], name="fk", ondelete="CASCADE"),
    "unique": lambda: sa.UniqueConstraint("a", "b", name="uq"),
    "exclusion": lambda: postgresql.ExcludeConstraint((sa.column("a"), "="), using="btree", name="ex"),
    "covering index": lambda: sa.Index("ix", "a", postgresql_include=["b"], unique=True),
    "index with every option": lambda: sa.Index(
        "ix",
        "b",
        "a",
        postgresql_include=["c"],
        postgresql_ops={"b": "text_pattern_ops"},
        postgresql_where=sa.text("a > 0"),
        postgresql_with={"fillfactor": 70},
        postgresql_nulls_not_distinct=True,
        unique=True,
    ),
    "other method": lambda: sa.Index("ix", "b", postgresql_using="hash"),
    "expression": lambda: sa.Index("ix", sa.text("lower(b)"), postgresql_include=["a", "c"]),
}


def _metadata(*items: sa.schema.SchemaItem) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    columns = (sa.Column("a", sa.Integer), sa.Column("b", sa.Text), sa.Column("c", sa.Date))
    sa.Table("t", metadata, *columns, *items)
    return metadata


@pytest.fixture
def filled(empty_engine: sa.Engine) -> sa.Engine:
    """A database with the two tables and rows in them."""
    with empty_engine.begin() as connection:
        _metadata().create_all(connection)
        connection.exec_driver_sql("INSERT INTO parent VALUES (1), (2)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'x', now()), (2, 'y', NULL)")
    return empty_engine


@pytest.mark.part(of=3)
@pytest.mark.parametrize("mode", ["transaction", "autocommit"])
@pytest.mark.parametrize("change", CHANGES)
def test_change_runs_twice_up_and_down(filled: sa.Engine, change: str, mode: str) -> None:
    wanted = _metadata(CHANGES[change]())
    generated = autogenerate(filled, wanted)
    with filled.connect() as connection:
        start = snapshot(connection)
    for _ in range(2):
        generated.upgrade(filled, autocommit=mode == "autocommit")
    assert autogenerate(filled, wanted).diffs == []
    for _ in range(2):
        generated.downgrade(filled, autocommit=mode == "autocommit")
    with filled.connect() as connection:
        assert diff(start, snapshot(connection)) == []


@pytest.mark.parametrize("change", ["check", "foreign key", "covering index"])
def test_cut_in_autocommit_is_mended_by_a_second_run(filled: sa.Engine, change: str) -> None:
    wanted = _metadata(CHANGES[change]())
    generated = autogenerate(filled, wanted)
    for after in range(1, 9):
        _cut(filled, generated, after)
        generated.upgrade(filled, autocommit=True)
        assert autogenerate(filled, wanted).diffs == [], after
        generated.downgrade(filled, autocommit=True)


class _Cut(Exception):  # noqa: N818 - the test's own end of a run
    pass


def _cut(engine: sa.Engine, generated: Generated, after: int) -> None:
    left = iter(range(after))

    def count(*_: object) -> None:
        if next(left, None) is None:
            raise _Cut

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        generated.upgrade(engine, autocommit=True)
    except _Cut:
        pass
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize("definition", ["CHECK (a > 0)", "FOREIGN KEY (a) REFERENCES public.parent(id)"])
def test_a_constraint_by_its_print_is_validated_where_only_that_is_missing(
    filled: sa.Engine, definition: str
) -> None:
    printed = definition.replace("(a > 0)", "((a > 0))")
    with filled.connect() as connection, connection.begin():
        op: Any = Operations(MigrationContext.configure(connection))
        for text in (f"{printed} NOT VALID", printed, f"{printed} NOT VALID", printed):
            op.create_table_constraint("k", "t", text)
        valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'k'"
        assert connection.exec_driver_sql(valid).scalar() is True


def test_replacement_by_an_unvalidated_constraint_is_exact(filled: sa.Engine) -> None:
    """The downgrade of a revision that validates brings the constraint back as it was."""
    with filled.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0) NOT VALID")
    generated = autogenerate(filled, _metadata(sa.CheckConstraint("a > 0", name="ck")))
    assert "op.validate_constraint(" in generated.text
    for expected in (True, False):
        for _ in range(2):
            (generated.upgrade if expected else generated.downgrade)(filled)
        with filled.connect() as connection:
            query = "SELECT convalidated FROM pg_constraint WHERE conname = 'ck'"
            assert connection.exec_driver_sql(query).scalar() is expected
