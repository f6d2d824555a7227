"""One name for two things: a column called as the version table, a twin called as its table."""

from __future__ import annotations

import sqlalchemy as sa
from autogen import autogenerate, operations_on

from app_schema.catalog import snapshot
from app_schema.ddl import Key


def test_column_called_as_the_version_table(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("alembic_version", sa.Text, comment="of the last run"),
        sa.Column("alembic_run_once", sa.Integer, nullable=False),
        sa.CheckConstraint("alembic_version <> ''", name="alembic_version"),
        schema="public",
    )
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata, prune=True).diffs == []
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE public.alembic_version (version_num text)")
        found = snapshot(connection)
    assert Key("column", "public", "t", "alembic_version") in found
    assert [key for key in found if "alembic_version" in (key.table, key.kind == "table" and key.name)] == []
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE public.t ALTER alembic_version TYPE varchar")
    generated = autogenerate(empty_engine, metadata)
    assert "alembic_version" in generated.text
    generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata).diffs == []


def test_unqualified_name_in_an_expression_means_the_table_and_not_its_twin(empty_engine: sa.Engine) -> None:
    """The twin of a compared policy bears the name of the table that the policy reads."""
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE public.t (id int, parent int)")
    using = "EXISTS (SELECT 1 FROM t AS other WHERE other.id = t.parent)"
    for _ in range(2):
        with operations_on(empty_engine) as op:
            op.create_policy("p", "t", using=using, schema="public")
            op.create_view("v", "SELECT id FROM t", schema="public")
    for _ in range(2):
        with operations_on(empty_engine) as op:
            op.replace_policy("p", "t", using=f"NOT {using}", old={"using": using}, schema="public")
