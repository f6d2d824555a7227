"""Tables of INHERITS: PostgreSQL changes the inherited columns and checks with those of the parent."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture

from app_schema.ddl import TableOption


def test_heirs_change_with_the_parent_and_are_created_after_it(changed: RoundTrip) -> None:  # noqa: F811
    """The names of the heirs stand before that of the parent."""
    metadata = sa.MetaData()
    for name, parent, columns in (
        ("grandchild", "heir", ("c", "d")),
        ("heir", "parent", ("c",)),
        ("born", "nursery", ()),
        ("nursery", None, ()),
        ("parent", None, ()),
    ):
        inherits: dict[str, Any] = {"postgresql_inherits": [sa.quoted_name(f"public.{parent}", quote=False)]}
        sa.Table(
            name,
            metadata,
            sa.Column("a", sa.BigInteger),
            sa.Column("b", sa.String(9), nullable=False),
            *(sa.Column(column, sa.Integer) for column in columns),
            sa.CheckConstraint("a > -1", name="wider"),
            sa.CheckConstraint("a < 9", name="new_name"),
            **(inherits if parent else {}),
        )
    generated = changed(
        "CREATE TABLE parent (a int NOT NULL, b text, CONSTRAINT wider CHECK (a > 0), "
        "CONSTRAINT old_name CHECK (a < 9), CONSTRAINT dropped CHECK (b <> ''))",
        "CREATE TABLE heir (c int) INHERITS (parent)",
        "CREATE TABLE grandchild (d int) INHERITS (heir)",
        "INSERT INTO parent VALUES (1, 'x')",
        "INSERT INTO heir VALUES (1, 'x', 2)",
        "INSERT INTO grandchild VALUES (1, 'x', 2, 3)",
        metadata=metadata,
        prune=True,
    )
    assert 'rename_constraint("old_name", "new_name", table="parent")' in generated.text
    assert 'rename_constraint("old_name", "new_name", table="heir")' not in generated.text


def test_column_that_an_heir_declares_is_not_dropped_with_that_of_the_parent(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        "CREATE TABLE parent (a int, b text)",
        "CREATE TABLE heir () INHERITS (parent)",
        "INSERT INTO heir VALUES (1, 'kept')",
    )
    metadata = sa.MetaData()
    parents = [sa.quoted_name("public.parent", quote=False)]
    sa.Table("parent", metadata, sa.Column("a", sa.Integer))
    columns = sa.Column("a", sa.Integer), sa.Column("b", sa.Text)
    sa.Table("heir", metadata, *columns, postgresql_inherits=parents)
    generated = autogenerate(empty_engine, metadata, prune=True)
    assert "drop the inherited column of heir, which is declared, with its values" in generated.text
    generated.upgrade(empty_engine)
    send(empty_engine, "ALTER TABLE heir NO INHERIT parent", "ALTER TABLE heir INHERIT parent")
    generated = autogenerate(empty_engine, metadata, prune=True)
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata, prune=True).diffs == []
    with empty_engine.connect() as connection:
        assert connection.execute(sa.text("SELECT b FROM heir")).scalars().all() == ["kept"]


def test_own_defaults_of_heirs_and_partitions_outlive_that_of_the_parent(changed: RoundTrip) -> None:  # noqa: F811
    metadata = sa.MetaData()
    types = {"a": sa.Integer, "b": sa.Integer, "c": sa.BigInteger, "k": sa.Integer}

    def table(name: str, defaults: dict[str, str | None], statistics: str = "", **kw: Any) -> None:
        given = {name: None if text is None else sa.text(text) for name, text in defaults.items()}
        columns = [sa.Column(name, types[name], server_default=default) for name, default in given.items()]
        options = [TableOption("ALTER COLUMN a SET STATISTICS", statistics)] if statistics else []
        sa.Table(name, metadata, *columns, *options, **kw)

    inherits = [sa.quoted_name("public.parent", quote=False)]
    table("parent", {"a": "2", "b": None, "c": "2"}, "100")
    table("heir", {"a": "5", "b": "7", "c": "nextval('n')"}, "50", postgresql_inherits=inherits)
    table("alike", {"a": "2", "b": None, "c": "2"}, postgresql_inherits=inherits)
    sa.Sequence("n", metadata=metadata)
    table("whole", {"a": "2", "k": None}, postgresql_partition_by="LIST (k)")
    generated = changed(
        "CREATE SEQUENCE n",
        "CREATE TABLE parent (a int DEFAULT 1, b int DEFAULT 1, c int DEFAULT 1)",
        "CREATE TABLE heir (a int DEFAULT 5, b int DEFAULT 6, c int DEFAULT nextval('n')) INHERITS (parent)",
        "ALTER TABLE heir ALTER a SET STATISTICS 50",
        "CREATE TABLE alike () INHERITS (parent)",
        "CREATE TABLE whole (a int DEFAULT 1, k int) PARTITION BY LIST (k)",
        "CREATE TABLE undeclared PARTITION OF whole (a DEFAULT 5) FOR VALUES IN (1)",
        "INSERT INTO heir DEFAULT VALUES",
        metadata=metadata,
    )
    assert '"alike", "a"' not in generated.text
