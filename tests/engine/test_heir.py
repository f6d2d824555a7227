"""Tables of INHERITS: PostgreSQL changes the inherited columns and checks with those of the parent."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture


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
