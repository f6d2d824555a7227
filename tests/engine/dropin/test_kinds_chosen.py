"""``-x kinds=``: what autogenerate and check leave out, and that they say so."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from autogen import autogenerate
from foreign_project import Foreign
from roundtrip import round_trip

from app_schema import ddl
from app_schema.errors import ConfigurationError
from app_schema.migrations.compare.chosen import Chosen

SETUP = """
CREATE TABLE public.t (id int PRIMARY KEY, gone int);
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER r BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();
CREATE VIEW public.v AS SELECT 1 AS one;
COMMENT ON VIEW public.v IS 'seen';
GRANT SELECT ON public.t TO PUBLIC;
GRANT UPDATE (id) ON public.t TO PUBLIC;
GRANT SELECT ON public.v TO PUBLIC"""


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("-grant,-view", ["column gone on public.t", "function public.f()", "trigger r on public.t"]),
        ("-table", ["function public.f()", "view public.v"]),
        ("column, trigger", ["column gone on public.t", "trigger r on public.t"]),
        ("grant", ["column grant PUBLIC UPDATE", "grant PUBLIC on public.t"]),
    ],
)
def test_kind_and_what_belongs_to_it_is_left_out(
    empty_engine: sa.Engine, kinds: str, expected: list[str]
) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(SETUP)
    options: dict[str, Any] = {"managed_schemas": {"public"}, "accepted": []}
    assert len(autogenerate(empty_engine, metadata, **options).undeclared) > len(expected)
    found = autogenerate(empty_engine, metadata, **options, chosen=Chosen.read(kinds)).undeclared
    assert len(found) == len(expected)
    assert [
        label for label, start in zip(sorted(found), expected, strict=True) if not label.startswith(start)
    ] == []


def test_owner_and_not_null_that_are_left_out_stay_under_a_change(empty_engine: sa.Engine) -> None:
    """A foreign table and a generated column are created again for their new definitions."""

    def declared(owner: str, name: str, option: str) -> sa.MetaData:
        metadata = sa.MetaData()
        double = sa.Column("d", sa.Integer, sa.Computed(f"id * {option}", persisted=True), nullable=False)
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), double, ddl.NotNull("d", name))
        ddl.attach(
            metadata,
            ddl.ForeignDataWrapper("far"),
            ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far"),
            ddl.ForeignTable("abroad", f"(a integer) SERVER there OPTIONS (o '{option}')", schema="public"),
            ddl.Owner(owner, table="abroad", schema="public"),
            ddl.Grant("CREATE", to=owner, schema="public"),
        )
        return metadata

    with empty_engine.begin() as connection:
        declared("pg_monitor", "first", "2").create_all(connection)
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    chosen = Chosen.read("-owner,-not_null,-schema_grant")
    round_trip(empty_engine, declared("pg_read_all_data", "other", "3"), chosen=chosen)


def test_nothing_is_set_on_a_table_that_is_left_out(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), ddl.Owner("pg_monitor"))
    options: dict[str, Any] = {"managed_schemas": {"public"}, "chosen": Chosen.read("owner")}
    assert autogenerate(empty_engine, metadata, **options).empty


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ("-grants", "no kind grants exists; write aggregate, "),
        ("-grant,table", "either the kinds to compare"),
        ("", "no kind without a name exists"),
    ],
)
def test_word_that_is_no_kind_gets_the_list(kinds: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^-x kinds={kinds}: {sentence}"):
        Chosen.read(kinds)


def test_choice_is_said_in_one_line(foreign: Foreign, capsys: pytest.CaptureFixture[str]) -> None:
    foreign.env("managed_schemas={'public'}")
    foreign.revision()
    foreign.run("upgrade", "head")
    foreign.one("CREATE VIEW v AS SELECT 1 AS one")
    capsys.readouterr()
    with pytest.raises(CommandError):
        foreign.run("check")
    foreign.run("check", x=("kinds=-view,-owner",))
    said = capsys.readouterr().err
    assert (
        "app_schema: compared without materialized_view, owner, view, as -x kinds=-view,-owner says\n" in said
    )
    assert said.count("compared without") == 1
    foreign.run("check", x=("kinds=column,table",))
    assert "app_schema: compared by column, foreign_table, table alone, as" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no kind vew exists"):
        foreign.run("check", x=("kinds=-vew",))
