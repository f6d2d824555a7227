"""A revision from an empty metadata drops a grown database whole, and its downgrade brings it back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from grown import GROWN, OWNED
from measuring import dumped, execute

pytestmark = pytest.mark.part(of=4)


@pytest.mark.part(of=6)
@pytest.mark.parametrize("shape", [*GROWN, *OWNED])
def test_grown_database_is_dropped_whole_and_comes_back(shape: str, empty_engine: sa.Engine) -> None:
    execute(empty_engine, {**GROWN, **OWNED}[shape])
    start = dumped(empty_engine)
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    for _ in range(2):
        generated.upgrade(empty_engine)
    left = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert (left.diffs, left.undeclared) == ([], [])
    for _ in range(2):
        generated.downgrade(empty_engine)
    end = dumped(empty_engine)
    missing = [line for line in start if line not in end], [line for line in end if line not in start]
    assert missing == ([], []), generated.text


def test_heir_comes_back_as_an_heir_and_one_that_stands_alone_keeps_its_values(
    empty_engine: sa.Engine,
) -> None:
    execute(
        empty_engine,
        "CREATE TABLE parent (a int, b text, gone int); CREATE TABLE pruned (d int, CHECK (d > 0)); "
        "CREATE TABLE heir (c int) INHERITS (parent); CREATE TABLE apart (c int) INHERITS (parent, pruned); "
        "INSERT INTO heir VALUES (1, 'b', 2), (3, 'd', 4); INSERT INTO apart VALUES (1, 'b', 2, 3)",
    )
    metadata = sa.MetaData()
    names = [sa.quoted_name("public.parent", quote=False)]
    own = {"parent": "", "apart": "gone d c", "child": "c"}
    for table, columns in own.items():
        inherits: dict[str, Any] = {"postgresql_inherits": names} if table == "child" else {}
        shared = sa.Column("a", sa.BigInteger), sa.Column("b", sa.Text)
        sa.Table(table, metadata, *shared, *(sa.Column(c, sa.Integer) for c in columns.split()), **inherits)
    generated = autogenerate(empty_engine, metadata, prune=True, managed_schemas={"public"})
    assert "the downgrade lets apart inherit again, but its inherited columns are its own" in generated.text
    for _ in range(2):
        for _ in range(2):
            generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, metadata, prune=True, managed_schemas={"public"}).diffs == []
        with empty_engine.begin() as connection:
            assert connection.execute(sa.text("SELECT gone, d FROM apart")).all() == [(2, 3)]
            connection.execute(sa.text("INSERT INTO child VALUES (1, 'b', 2)"))
        for _ in range(2):
            generated.downgrade(empty_engine)
    execute(empty_engine, "INSERT INTO heir (b, gone) VALUES ('b', 2); ALTER TABLE parent DROP COLUMN b")
    with empty_engine.connect() as connection:
        (row,) = connection.execute(sa.text("SELECT * FROM heir")).mappings()
        assert row == {"a": None, "gone": 2, "c": None}
        assert connection.execute(sa.text("SELECT d FROM pruned")).all() == [(3,)]
