"""Properties that Alembic's rendering of a new table omits are in the generated revision, or are named."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import render
from autogen import autogenerate
from roundtrip import catalog, round_trip, send

from app_schema.migrations.compare import carried

pytestmark = pytest.mark.part(of=6)


class Listed(sa.TypeDecorator[str]):
    """A type that brings a check along, and is rendered by its print."""

    impl = sa.Enum("a", "b", name="ck_listed", native_enum=False, create_constraint=True)
    cache_ok = True


def _metadata(*items: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, *items)
    return metadata


@pytest.mark.parametrize("name", ["ck", None])
def test_check_inside_a_column_holds_after_the_upgrade(name: str | None, empty_engine: sa.Engine) -> None:
    metadata = _metadata(sa.Column("n", sa.Integer, sa.CheckConstraint("n > 0", name=name)))
    generated = round_trip(empty_engine, metadata)
    generated.upgrade(empty_engine)
    with pytest.raises(sa.exc.IntegrityError, match="check constraint"):
        send(empty_engine, "INSERT INTO t VALUES (-1)")


def test_check_of_a_decorated_type_becomes_an_operation(empty_engine: sa.Engine) -> None:
    metadata = _metadata(sa.Column("n", Listed), sa.Column("m", sa.Integer, sa.ForeignKey("t.k")))
    metadata.tables["t"].append_column(sa.Column("k", sa.Integer, unique=True))
    generated = round_trip(empty_engine, metadata, proved=True)
    assert "op.create_table_constraint" in generated.text
    generated.upgrade(empty_engine)
    with pytest.raises(sa.exc.IntegrityError, match="ck_listed"):
        send(empty_engine, "INSERT INTO t (n) VALUES ('c')")


def test_difference_that_no_operation_mends_is_told(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*args: Any) -> str:
        return render.render_op_text(*args).replace("sa.Integer()", "sa.BigInteger()")

    monkeypatch.setattr(carried, "render_op_text", wrong)
    metadata = _metadata(sa.Column("n", sa.Integer))
    told = autogenerate(empty_engine, metadata, proved=True)
    assert "column n on public.t: the revision would create bigint; expected: integer" in told.text


def test_tables_of_several_schemas_are_proved(empty_engine: sa.Engine, empty_url: str) -> None:
    metadata = sa.MetaData()
    for schema in ("s", None):
        sa.Table(
            "t",
            metadata,
            sa.Column("n", sa.Integer, sa.CheckConstraint("n > 0", name="ck"), primary_key=True),
            sa.Column("other", sa.ForeignKey("s.t.n"), index=True),
            sa.Column("listed", Listed),
            schema=schema,
        )
    generated = round_trip(empty_engine, metadata, proved=True)
    assert "not mended" not in generated.text
    generated.upgrade(empty_engine)
    assert sum(key.name == "ck_listed" for key in catalog(empty_engine)) == 2
    with psycopg.connect(empty_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("INSERT INTO s.t (n, listed) VALUES (1, 'c')")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("sequence", [True, False])
def test_foreign_key_of_a_new_table_that_waits_for_a_changed_table(
    named: bool,  # noqa: FBT001 - a parameter of the test
    sequence: bool,  # noqa: FBT001 - a parameter of the test
    empty_engine: sa.Engine,
) -> None:
    """The table has no sequence that was not declared, and the way back knows the key's name."""
    send(
        empty_engine, "CREATE TABLE person (id int PRIMARY KEY, boss int)", "INSERT INTO person VALUES (1, 1)"
    )
    metadata = sa.MetaData()
    person = sa.Column("id", sa.Integer, autoincrement=False, primary_key=True)
    sa.Table(
        "person", metadata, person, sa.Column("boss", sa.BigInteger), sa.UniqueConstraint("boss", name="u")
    )
    name = "fk_manager" if named else None
    default = [sa.Sequence("numbers", metadata=metadata)] if sequence else []
    sa.Table(
        "manager",
        metadata,
        sa.Column("id", sa.Integer, sa.ForeignKey("person.id", name=name), *default, primary_key=True),
        sa.Column("boss", sa.BigInteger, sa.ForeignKey("person.boss")),
        sa.Column("end", sa.BigInteger, sa.ForeignKey("manager.id")),
    )
    generated = round_trip(empty_engine, metadata, proved=True, managed_schemas={"public"})
    assert "not mended" not in generated.text
    generated.upgrade(empty_engine)
    keys = {key.name for key in catalog(empty_engine) if key.kind == "constraint" and key.table == "manager"}
    chosen = {"manager_pkey", "manager_boss_fkey", "manager_end_fkey"}
    assert keys == {*chosen, name or "manager_id_fkey"}
