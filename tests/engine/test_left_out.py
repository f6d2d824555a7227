"""Objects that a comparison leaves out are kept, also if a change drops them and creates them again."""

from __future__ import annotations

import sqlalchemy as sa
from autogen import autogenerate

TABLES = """
CREATE TABLE parent (id int NOT NULL, name text NOT NULL, CONSTRAINT pk PRIMARY KEY (id));
CREATE TABLE child (parent_id int, CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent (id));
INSERT INTO parent VALUES (1, 'one'), (2, 'two');
INSERT INTO child VALUES (1), (2);
"""
DEFINITION = "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.conname = 'fk'"


def test_a_key_that_is_left_out_comes_back_as_it_was_and_not_as_declared(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(TABLES)
        before = connection.exec_driver_sql(DEFINITION).scalar_one()
    metadata = sa.MetaData()
    sa.Table(
        "parent",
        metadata,
        sa.Column("id", sa.Integer, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk", postgresql_include=["name"]),
    )
    foreign = sa.ForeignKeyConstraint(["parent_id"], ["parent.id"], name="fk", ondelete="CASCADE")
    sa.Table("child", metadata, sa.Column("parent_id", sa.Integer), foreign)
    generated = autogenerate(
        empty_engine, metadata, include_object=lambda _one, name, *_: name != "fk", safe=False
    )
    assert 'op.drop_table_constraint("fk", "child")' in generated.text
    for run in (generated.upgrade, generated.upgrade, generated.downgrade):
        run(empty_engine)
        with empty_engine.connect() as connection:
            assert connection.exec_driver_sql(DEFINITION).scalar_one() == before
            assert "INCLUDE" in str(_primary(connection)) or run == generated.downgrade


def _primary(connection: sa.Connection) -> object:
    query = "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.conname = 'pk'"
    return connection.exec_driver_sql(query).scalar_one()
