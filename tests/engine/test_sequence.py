"""Where a column takes its numbers from: each way becomes any other, with rows in the table, and back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed  # noqa: F401 - a fixture

from app_schema.catalog import diff, snapshot

pytestmark = pytest.mark.part(of=6)

Item = Callable[[], tuple[Any, ...]]
WAYS: dict[str, Item] = {
    "plain": lambda: (sa.Integer, {"autoincrement": False}),
    "default": lambda: (sa.Integer, {"autoincrement": False, "server_default": sa.text("70")}),
    "smallserial": lambda: (sa.SmallInteger, {}),
    "serial": lambda: (sa.Integer, {}),
    "bigserial": lambda: (sa.BigInteger, {}),
    "identity": lambda: (sa.Integer, {"identity": sa.Identity()}),
    "always": lambda: (sa.BigInteger, {"identity": sa.Identity(always=True, start=5, increment=2)}),
    "downwards": lambda: (sa.Integer, {"identity": sa.Identity(start=-1, increment=-1)}),
}
"""A primary key by the way in which it gets its numbers: type and arguments of the column."""
PLAIN = {"plain", "default"}
PAIRS = list(permutations(WAYS, 2))


def _table(metadata: sa.MetaData, name: str, way: str) -> None:
    type_, said = WAYS[way]()
    items = [said.pop("identity")] if "identity" in said else []
    key = sa.Column("id", type_, *items, **said)
    sa.Table(
        name, metadata, key, sa.Column("n%", sa.Integer), sa.PrimaryKeyConstraint("id", name=f"pk {name}")
    )


def _metadata(side: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for pair in PAIRS:
        _table(metadata, " to ".join(pair), pair[side])
    return metadata


def _send(engine: sa.Engine, statements: list[str]) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _insert(engine: sa.Engine, side: int) -> None:
    """A row in each table whose key numbers itself; a number that is taken is refused by the key."""
    counting = [pair for pair in PAIRS if pair[side] not in PLAIN]
    _send(engine, [f'INSERT INTO "{" to ".join(pair)}" ("n%") VALUES ({side})' for pair in counting])


def _fill(engine: sa.Engine) -> None:
    """Rows with numbers of their own where the column does not count, else with the next ones."""
    _insert(engine, 0)
    numbers = {pair: (-1, -2) if pair[1] == "downwards" else (1, 7) for pair in PAIRS if pair[0] in PLAIN}
    _send(
        engine,
        [
            f'INSERT INTO "{" to ".join(pair)}" VALUES ({number}, 0)'
            for pair, taken in numbers.items()
            for number in taken
        ],
    )


def test_way_of_numbering_becomes_any_other_and_back(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        _metadata(0).create_all(connection)
    _fill(empty_engine)
    with empty_engine.connect() as connection:
        start = snapshot(connection)
    generated = autogenerate(empty_engine, _metadata(1), prune=True)
    for _ in range(2):
        generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, _metadata(1), prune=True).diffs == []
    _insert(empty_engine, 1)
    for _ in range(2):
        generated.downgrade(empty_engine)
        with empty_engine.connect() as connection:
            assert diff(start, snapshot(connection)) == []
    _insert(empty_engine, 0)


def test_serial_keeps_its_place_when_it_grows(empty_engine: sa.Engine) -> None:
    small, big = sa.MetaData(), sa.MetaData()
    _table(small, "t", "smallserial")
    _table(big, "t", "bigserial")
    with empty_engine.begin() as connection:
        small.create_all(connection)
        connection.exec_driver_sql('INSERT INTO t ("n%%") VALUES (0), (0), (0)')
    autogenerate(empty_engine, big).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        query = 'INSERT INTO t ("n%%") VALUES (0) RETURNING id'
        assert connection.exec_driver_sql(query).scalar_one() == 4


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE SEQUENCE numbers AS smallint START 3 INCREMENT 2 CYCLE",
        "CREATE TABLE t (id serial CONSTRAINT pk_t PRIMARY KEY); ALTER SEQUENCE t_id_seq INCREMENT 7 CACHE 5",
        "CREATE TABLE t (id int CONSTRAINT pk_t PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START 9 CYCLE))",
    ],
)
def test_other_options_are_mended_in_place(empty_engine: sa.Engine, sql: str) -> None:
    metadata = sa.MetaData()
    if "numbers" in sql:
        sa.Sequence("numbers", metadata=metadata)
    else:
        items = [sa.Identity(always=True)] if "IDENTITY" in sql else []
        sa.Table(
            "t", metadata, sa.Column("id", sa.Integer, *items), sa.PrimaryKeyConstraint("id", name="pk_t")
        )
    _send(empty_engine, sql.split("; "))
    with empty_engine.connect() as connection:
        start = snapshot(connection)
    generated = autogenerate(empty_engine, metadata)
    assert not generated.empty
    for _ in range(2):
        generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, metadata).diffs == []
    generated.downgrade(empty_engine)
    with empty_engine.connect() as connection:
        assert diff(start, snapshot(connection)) == []


@pytest.mark.parametrize("types", [("integer", "bigint"), ("bigint", "integer")])
def test_sequence_of_an_identity_gets_the_type_of_its_column_again(
    changed: RoundTrip,  # noqa: F811
    types: tuple[str, str],
) -> None:
    metadata = sa.MetaData()
    column = sa.Integer if types[0] == "integer" else sa.BigInteger
    sa.Table("t", metadata, sa.Column("a", column, sa.Identity()), sa.Column("b", sa.Integer))
    generated = changed(
        f"CREATE TABLE t (a {types[0]} GENERATED BY DEFAULT AS IDENTITY, b integer)",
        f"ALTER SEQUENCE t_a_seq AS {types[1]}",
        metadata=metadata,
    )
    assert "not mended" not in generated.text
