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
from app_schema.ddl import Policy, RowSecurity

pytestmark = pytest.mark.part(of=6)

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


@pytest.mark.part(of=4)
@pytest.mark.parametrize("mode", ["transaction", "autocommit"])
@pytest.mark.parametrize("change", CHANGES)
def test_change_runs_twice_up_and_down(filled: sa.Engine, change: str, mode: str) -> None:
    declared = _metadata(CHANGES[change]())
    generated = autogenerate(filled, declared)
    with filled.connect() as connection:
        start = snapshot(connection)
    for _ in range(2):
        generated.upgrade(filled, autocommit=mode == "autocommit")
    assert autogenerate(filled, declared).diffs == []
    for _ in range(2):
        generated.downgrade(filled, autocommit=mode == "autocommit")
    with filled.connect() as connection:
        assert diff(start, snapshot(connection)) == []


@pytest.mark.parametrize("change", ["check", "foreign key", "covering index"])
def test_cut_in_autocommit_is_mended_by_a_second_run(filled: sa.Engine, change: str) -> None:
    declared = _metadata(CHANGES[change]())
    generated = autogenerate(filled, declared)
    for after in range(1, 9):
        _cut(filled, generated, after)
        generated.upgrade(filled, autocommit=True)
        assert autogenerate(filled, declared).diffs == [], after
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


def _with_policy(
    type_: type[sa.types.TypeEngine[Any]], labels: tuple[str, ...], *columns: str
) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("a", type_),
        sa.Column("b", sa.Text),
        sa.Column("m", sa.Enum(*labels, name="mood")),
        sa.Index("ix", *columns, unique=True),
        RowSecurity(),
        Policy("p", using="a > 0"),
    )
    return metadata


def test_nothing_is_absent_while_an_index_is_built(empty_engine: sa.Engine) -> None:
    """CONCURRENTLY and ADD VALUE commit: no policy is dropped before, and readers always have an index."""
    before = _with_policy(sa.Integer, ("x",), "b")
    declared = _with_policy(sa.BigInteger, ("x", "y"), "b", "a")
    with empty_engine.begin() as connection:
        before.create_all(connection)
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    with empty_engine.connect() as connection:
        start = snapshot(connection)
    generated = autogenerate(empty_engine, declared)
    calls = [
        line.strip().partition("(")[0] for line in generated.text.partition("def downgrade")[0].splitlines()
    ]
    without_policy = calls[calls.index("op.drop_policy") : calls.index("op.create_policy")]
    assert not any("concurrently" in call or "add_enum_value" in call for call in without_policy)
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisunique AND indisvalid"
    for after in (*range(1, 24, 3), None):
        if after is None:
            generated.upgrade(empty_engine)
        else:
            _cut(empty_engine, generated, after)
            with empty_engine.connect() as connection:
                assert (connection.scalar(sa.text(indexes)) or 0) > 0, after
        for autocommit in (True, False):
            generated.upgrade(empty_engine, autocommit=autocommit)
            assert autogenerate(empty_engine, declared).diffs == [], after
        for autocommit in (True, False):
            generated.downgrade(empty_engine, autocommit=autocommit)
            with empty_engine.connect() as connection:
                assert diff(start, snapshot(connection)) == [], after
