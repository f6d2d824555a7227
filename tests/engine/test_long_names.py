"""Names of more than 63 bytes that SQLAlchemy shortens, the same way each time; rows in the tables."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from declaring import CONVENTION
from sqlalchemy.sql.elements import conv

from app_schema.catalog import snapshot
from app_schema.errors import ModelError

TABLE = "a_rather_long_table_name_of_the_organisation_dataset"
PARENT = "parent_with_a_long_name_as_well"
COLUMNS = ["column_with_a_long_name", "another_one_of_these"]
LONG = "ix_" + "long_" * 20


def _metadata(*, named: bool) -> sa.MetaData:
    metadata = sa.MetaData(naming_convention=CONVENTION)
    sa.Table(PARENT, metadata, sa.Column("id", sa.Integer, primary_key=True))
    items: list[Any] = [sa.Column(column, sa.Integer) for column in ("id", *COLUMNS)]
    if named:
        items += [
            sa.ForeignKeyConstraint(COLUMNS[:1], [f"{PARENT}.id"]),
            sa.UniqueConstraint(*COLUMNS),
            sa.CheckConstraint(f"{COLUMNS[1]} > 0", name="is_positive_whatever_is_said"),
            sa.PrimaryKeyConstraint("id"),
            sa.Index(None, *COLUMNS),
        ]
    sa.Table(TABLE, metadata, *items)
    return metadata


@pytest.mark.parametrize("start", ["nothing", "tables", "rows"])
def test_generated_long_names_are_accepted_again_and_again(empty_engine: sa.Engine, start: str) -> None:
    if start != "nothing":
        _metadata(named=False).create_all(empty_engine)
    if start == "rows":
        with empty_engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO {PARENT} VALUES (1)")
            connection.exec_driver_sql(f"INSERT INTO {TABLE} VALUES (1, 1, 1)")
    generated = autogenerate(empty_engine, _metadata(named=True))
    for _ in range(2):
        generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, _metadata(named=True)).diffs == []
    for _ in range(2):
        generated.downgrade(empty_engine)
    generated.upgrade(empty_engine)


def test_our_operations_shorten_as_alembic_does(empty_engine: sa.Engine) -> None:
    _metadata(named=False).create_all(empty_engine)
    long, other = conv(LONG), conv(LONG + "other")
    with operations_on(empty_engine) as ours:
        ours.create_check_constraint(long, TABLE, "id > 0", postgresql_not_valid=True)
        ours.validate_constraint(long, TABLE)
        ours.rename_constraint(long, other, TABLE)
        ours.drop_constraint(other, TABLE)
        ours.create_index(long, TABLE, COLUMNS)
        ours.rename_index(long, other, table=TABLE)
        ours.comment_on("index", other, "long")
        ours.drop_index(other, TABLE)
        ours.create_table_constraint(long, TABLE, "UNIQUE (id)")
        ours.drop_table_constraint(long, TABLE)
        ours.create_index_concurrently(long, TABLE, COLUMNS)
        ours.drop_index_concurrently(long, TABLE)
    with empty_engine.connect() as connection:
        assert sa.inspect(connection).get_indexes(TABLE) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda ours: ours.create_check_constraint(LONG, TABLE, "id > 0"),
        lambda ours: ours.create_index_concurrently(LONG, TABLE, COLUMNS),
        lambda ours: ours.rename_index("short", LONG, table=TABLE),
        lambda ours: ours.validate_constraint(LONG, TABLE),
    ],
)
def test_long_plain_string_is_an_error(empty_engine: sa.Engine, call: Any) -> None:
    """PostgreSQL would cut it in silence, and two such names could become one."""
    with (
        operations_on(empty_engine) as ours,
        pytest.raises((ModelError, sa.exc.IdentifierError), match=f"{LONG}|bytes"),
    ):
        call(ours)


def test_privileges_on_functions_with_long_signatures_stay_apart(empty_engine: sa.Engine) -> None:
    """A signature is longer than a name may be; the first 63 bytes of these two are the same."""
    times = ", ".join(["timestamptz"] * 3)
    with empty_engine.connect() as connection:
        for last in ("integer", "bigint"):
            connection.exec_driver_sql(
                f"CREATE FUNCTION within({times}, {last}) RETURNS integer LANGUAGE sql RETURN 1"
            )
        connection.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION within({times}, bigint) FROM PUBLIC")
        granted = {key.table for key in snapshot(connection) if key.kind == "function_grant"}
    assert granted == {"within(" + ", ".join(["timestamp with time zone"] * 3) + ", integer)"}
