"""Kinds that few databases have: each is declared, created, refused, replaced and dropped."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import round_trip, send

from app_schema import ModelError, ddl
from app_schema.catalog import diff, reading, snapshot

pytestmark = pytest.mark.part(of=4)

ADD = ddl.Function(
    "add",
    "SELECT a + b",
    arguments="a integer, b integer",
    returns="integer",
    language="sql",
    volatility="IMMUTABLE",
    schema="public",
)
OBJECTS: tuple[ddl.DDLObject, ...] = (
    ADD,
    ddl.Function("watch", "BEGIN END", returns="event_trigger", schema="public"),
    ddl.Procedure("work", "SELECT 1", arguments="a integer", language="sql", schema="public"),
    ddl.Composite("pair", "(a integer, b public.mood)", schema="public"),
    ddl.RangeType("span", "AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)", schema="public"),
    ddl.Collation("plain", "(PROVIDER = libc, LOCALE = 'C')", schema="public"),
    ddl.Operator(
        "|+|(integer, integer)", "(FUNCTION = public.add, LEFTARG = int, RIGHTARG = int)", schema="public"
    ),
    ddl.OperatorClass(
        "back USING btree",
        "FOR TYPE integer USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, "
        "OPERATOR 5 <, FUNCTION 1 btint4cmp(integer, integer)",
        schema="public",
    ),
    ddl.OperatorFamily("loose USING btree", "OPERATOR 1 <(integer, bigint)", schema="public"),
    ddl.Cast("integer AS public.mood", "WITH INOUT AS ASSIGNMENT", schema="public"),
    ddl.TextSearchDictionary("stem", "(TEMPLATE = pg_catalog.snowball, LANGUAGE = english)", schema="public"),
    ddl.TextSearchConfiguration("words", mappings={"word, asciiword": "public.stem"}, schema="public"),
    ddl.ForeignDataWrapper("far", options="debug 'true'"),
    ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far", options="host 'h', port '1'"),
    ddl.ForeignTable("abroad", "(a int NOT NULL, b text) SERVER there OPTIONS (name 'x')", schema="public"),
    ddl.Publication("pub", "TABLE public.t (id) WHERE (id > 0)", options="publish = 'insert'"),
    ddl.EventTrigger("watcher", "ON ddl_command_end EXECUTE FUNCTION public.watch()", enabled="DISABLED"),
)
OTHERS: dict[str, dict[str, Any]] = {
    "procedure": {"body": "SELECT 2"},
    "composite": {"definition": "(a bigint, b public.mood, c date)"},
    "range": {"definition": "AS RANGE (SUBTYPE = float8)"},
    "collation": {"definition": "(PROVIDER = libc, LOCALE = 'POSIX')"},
    "operator": {"definition": "(FUNCTION = int4mi, LEFTARG = int, RIGHTARG = int)"},
    "operator_class": {
        "definition": "FOR TYPE integer USING btree AS OPERATOR 3 =, FUNCTION 1 btint4cmp(integer, integer)"
    },
    "operator_family": {"definition": ""},
    "cast": {"definition": "WITH INOUT"},
    "text_search_dictionary": {"definition": "(TEMPLATE = pg_catalog.simple)"},
    "text_search_configuration": {"mappings": {"word": "pg_catalog.simple"}},
    "foreign_data_wrapper": {"options": "debug 'false'"},
    "foreign_server": {"options": "host 'other'"},
    "foreign_table": {"definition": "(a integer) SERVER there"},
    "publication": {"definition": "TABLE public.t", "options": "publish = 'update'"},
    "event_trigger": {"definition": "ON sql_drop EXECUTE FUNCTION public.watch()", "enabled": "ORIGIN"},
}


def _metadata(*objects: ddl.DDLObject) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mood", sa.Enum("sad", "happy", name="mood")),
    )
    ddl.attach(metadata, *objects)
    return metadata


def _changed() -> tuple[ddl.DDLObject, ...]:
    return tuple(dataclasses.replace(obj, **OTHERS.get(obj.kind, {})) for obj in OBJECTS)


def test_every_rare_kind_is_created_refused_and_dropped(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection:
        start = snapshot(connection)
    for _ in range(2):
        with empty_engine.begin() as connection:
            _metadata(*OBJECTS).create_all(connection)
    assert autogenerate(empty_engine, _metadata(*OBJECTS), prune=True).diffs == []
    for obj in _changed():
        if obj in OBJECTS:
            continue
        with pytest.raises(sa.exc.DBAPIError) as refused, empty_engine.begin() as connection:
            connection.execute(ddl.Create(obj))
        assert "already exists with a different definition" in str(refused.value), obj.label
    with empty_engine.begin() as connection:
        for _ in range(2):
            _metadata(*OBJECTS).drop_all(connection)
        assert diff(start, snapshot(connection)) == []


@pytest.mark.parametrize("before", [(), _changed()], ids=["created", "replaced"])
def test_revision_of_all_rare_kinds_and_its_downgrade_run_twice(
    empty_engine: sa.Engine, before: tuple[ddl.DDLObject, ...]
) -> None:
    with empty_engine.begin() as connection:
        _metadata(*before).create_all(connection)
        start = snapshot(connection)
    generated = autogenerate(empty_engine, _metadata(*OBJECTS), prune=True)
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, _metadata(*OBJECTS), prune=True).diffs == []
    for _ in range(2):
        generated.downgrade(empty_engine)
    with empty_engine.connect() as connection:
        assert diff(start, snapshot(connection)) == []


def test_a_snapshot_is_one_query_whatever_kinds_there_are(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = reading.query

    def query(driver: Any, *sql: str) -> Any:
        asked.append(len(sql))
        return real(driver, *sql)

    monkeypatch.setattr(reading, "query", query)
    with empty_engine.connect() as connection:
        snapshot(connection)
        assert asked == [1]
        connection.exec_driver_sql("CREATE PUBLICATION pub")
        assert [key.name for key in snapshot(connection) if key.kind == "publication"] == ["pub"]
        assert asked == [1, 1]


def test_prune_leaves_what_has_to_do_with_other_schemas(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("""
            CREATE TABLE t (id int PRIMARY KEY); CREATE SCHEMA theirs; CREATE TABLE theirs.t (id int);
            CREATE PUBLICATION ours FOR TABLE t; CREATE PUBLICATION mixed FOR TABLE t, theirs.t;
            CREATE PUBLICATION everything FOR ALL TABLES;
            CREATE PUBLICATION whole FOR TABLES IN SCHEMA theirs""")
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert sorted(generated.undeclared) == [
        "publication everything",
        "publication mixed",
        "publication whole",
    ]
    assert "its place in the publication mixed" in generated.text
    assert 'op.drop_publication("ours")' in generated.text


def test_types_of_a_name_are_spelt_otherwise_than_postgresql_prints_them(empty_engine: sa.Engine) -> None:
    both = "LEFTARG = int4, RIGHTARG = int4"
    commuting = (
        "(FUNCTION = public.add, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(public.|+|))"
    )
    declared = _metadata(
        ADD,
        ddl.Operator("|+|(int,int4)", commuting, schema="public"),
        ddl.Operator("|-| (INTEGER,  int)", f"(FUNCTION = public.add, {both})", schema="public"),
        ddl.Aggregate("total", "int", sfunc="public.add", stype="int4", schema="public"),
        ddl.Cast("int AS public.mood", "WITH INOUT AS ASSIGNMENT"),
        ddl.Grant("EXECUTE", to="pg_monitor", function="add(int,int4)", schema="public"),
    )
    generated = round_trip(empty_engine, declared, prune=True)
    generated.upgrade(empty_engine)
    send(empty_engine, "DROP OPERATOR public.|-|(integer, integer)", "DROP AGGREGATE public.total(integer)")
    round_trip(empty_engine, declared, prune=True)


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("mood AS integer", "WITH INOUT"),
        ("public.mood AS nothing", "WITH INOUT"),
        ("public.mood AS boolean", "WITH FUNCTION is_happy(public.mood)"),
    ],
)
def test_cast_without_schema_is_one_sentence(empty_engine: sa.Engine, name: str, definition: str) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("mood", sa.Enum("sad", name="mood")))
    body = "SELECT mood <> 'sad'"
    happy = ddl.Function(
        "is_happy", body, arguments="mood public.mood", returns="boolean", language="sql", schema="public"
    )
    ddl.attach(metadata, happy)
    with empty_engine.begin() as connection:
        metadata.create_all(connection)
    ddl.attach(metadata, ddl.Cast(name, definition, schema="public"))
    with pytest.raises(ModelError, match="is absent, or is written without its schema"):
        autogenerate(empty_engine, metadata)


def test_schema_of_a_cast_is_that_of_its_first_type(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    ddl.attach(
        metadata,
        ddl.Schema("o d"),
        ddl.Composite("pair", "(a integer)", schema="o d"),
        ddl.Cast('text AS "o d".pair', "WITH INOUT"),
    )
    round_trip(empty_engine, metadata, managed_schemas={"o d"})


def test_function_of_a_cast_may_be_spelt_otherwise(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("mood", sa.Enum("sad", name="mood")))
    half = ddl.Function(
        "made",
        "SELECT NULL::public.mood",
        arguments="n int",
        returns="public.mood",
        language="sql",
        schema="public",
    )
    cast = ddl.Cast("int AS public.mood", "WITH FUNCTION public.made(int4) AS ASSIGNMENT", schema="public")
    ddl.attach(metadata, half, cast)
    round_trip(empty_engine, metadata)
