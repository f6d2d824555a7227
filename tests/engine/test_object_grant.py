"""Grants on types, languages, foreign data wrappers, foreign servers and the database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip, send

from app_schema import ModelError, ddl

pytestmark = pytest.mark.part(of=4)

APP, SIGNAL = "pg_monitor", "pg_signal_backend"
OBJECTS = (
    ddl.Composite("pair", "(a integer, b text)", schema="public"),
    ddl.ForeignDataWrapper('Far. "away"', options="debug 'true'"),
    ddl.ForeignServer("the.re", 'FOREIGN DATA WRAPPER "Far. ""away"""'),
)
GRANTS = (
    ddl.ObjectGrant("USAGE", to=APP, on="TYPE", of="mood", schema="public", with_grant_option=True),
    ddl.ObjectGrant("USAGE", to=APP, on="type", of="pair", schema="public"),
    ddl.ObjectGrant((), to="PUBLIC", on="TYPE", of="pair", schema="public"),
    ddl.ObjectGrant((), to="PUBLIC", on="LANGUAGE", of="plpgsql"),
    ddl.ObjectGrant("USAGE", to=APP, on="LANGUAGE", of="plpgsql"),
    ddl.ObjectGrant("USAGE", to=APP, on="FOREIGN DATA WRAPPER", of='Far. "away"'),
    ddl.ObjectGrant("USAGE", to="PUBLIC", on="FOREIGN SERVER", of="the.re"),
    ddl.ObjectGrant(["TEMP", "create"], to=APP, on="DATABASE"),
    ddl.ObjectGrant("CONNECT", to="PUBLIC", on="DATABASE"),
)


def _metadata(*objects: ddl.DDLObject) -> sa.MetaData:
    metadata = sa.MetaData()
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", sa.Enum("sad", "happy", name="mood")),
    )
    sa.Table("t", metadata, *columns)
    ddl.attach(metadata, *objects)
    return metadata


def _of_public(privileges: str) -> str:
    granted = f"GRANT {privileges} ON DATABASE %%I TO PUBLIC"
    return f"DO $$ BEGIN EXECUTE format('{granted}', current_database()); END $$"


def test_grants_are_created_by_create_all_and_by_a_revision(empty_engine: sa.Engine) -> None:
    send(empty_engine, _of_public("CONNECT, TEMP"))  # as in a new database
    bare = _metadata(*OBJECTS)
    with empty_engine.begin() as connection:
        bare.create_all(connection)
    declared = _metadata(*OBJECTS, *GRANTS)
    generated = round_trip(empty_engine, declared)
    assert generated.text.count("create_object_grant(") == len(GRANTS)
    round_trip(empty_engine, declared, prune=True)
    with empty_engine.begin() as connection:
        for _ in range(2):
            declared.create_all(connection)
    assert autogenerate(empty_engine, declared, prune=True).diffs == []
    pruned = round_trip(empty_engine, bare, prune=True)
    # grants on the database are compared only if the metadata declares one
    assert pruned.text.count("op.drop_object_grant") == len(GRANTS) - 2
    with empty_engine.begin() as connection:
        for _ in range(2):
            declared.drop_all(connection)
    assert autogenerate(empty_engine, sa.MetaData(), managed_schemas={"public"}, prune=True).diffs == []


def test_grants_on_new_and_on_dropped_objects_run_twice(empty_engine: sa.Engine) -> None:
    declared = _metadata(*OBJECTS, *GRANTS)
    round_trip(empty_engine, declared).upgrade(empty_engine)
    round_trip(empty_engine, _metadata(), prune=True)


def test_grants_that_somebody_changed_are_mended(empty_engine: sa.Engine) -> None:
    declared = _metadata(*OBJECTS, *GRANTS)
    send(empty_engine, _of_public("CONNECT, TEMP"))
    with empty_engine.begin() as connection:
        declared.create_all(connection)
    send(
        empty_engine,
        "REVOKE GRANT OPTION FOR USAGE ON TYPE mood FROM pg_monitor CASCADE",
        "GRANT USAGE ON TYPE pair TO PUBLIC",
        "REVOKE ALL ON TYPE pair FROM pg_monitor",
        "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC, pg_signal_backend",
        'REVOKE USAGE ON FOREIGN SERVER "the.re" FROM PUBLIC',
        _of_public("TEMP"),
    )
    kept = autogenerate(empty_engine, declared)
    assert kept.undeclared == ["language grant pg_signal_backend on plpgsql"]
    assert len(kept.diffs) == 6
    round_trip(empty_engine, declared, prune=True)


def test_grant_that_differs_or_has_no_effect_is_refused(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        _metadata(*GRANTS[:1], *OBJECTS).create_all(connection)
    with (
        pytest.raises(Exception, match=r"on TYPE public\.mood already exists"),
        operations_on(empty_engine) as op,
    ):
        op.create_object_grant("USAGE", to=APP, on="TYPE", of="mood", schema="public")
    with pytest.raises(Exception, match="does not exist"), operations_on(empty_engine) as op:
        op.create_object_grant("USAGE", to=APP, on="TYPE", of="nothing", schema="public")
    send(empty_engine, "CREATE ROLE weak", "GRANT USAGE ON TYPE mood TO weak")
    refused = (
        (ddl.Create(_on_mood("USAGE", SIGNAL)), r"the migrating role may not grant on TYPE public\.mood"),
        (ddl.Create(_on_mood((), "PUBLIC")), r"the migrating role may not grant on TYPE public\.mood"),
        (ddl.Drop(GRANTS[0]), "was not revoked"),
    )
    try:
        for statement, message in refused:
            with empty_engine.connect() as connection:
                connection.exec_driver_sql("SET ROLE weak")
                with pytest.raises(sa.exc.DBAPIError, match=message):
                    connection.execute(statement)
    finally:
        send(empty_engine, "DROP OWNED BY weak", "DROP ROLE weak")


def _on_mood(privileges: str | tuple[()], to: str) -> ddl.ObjectGrant:
    return ddl.ObjectGrant(privileges, to=to, on="TYPE", of="mood", schema="public")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"privileges": "USAGE", "to": "a", "on": "TABLE", "of": "t"}, "a grant is on a TYPE, LANGUAGE"),
        ({"privileges": "CREATE", "to": "a", "on": "DATABASE", "of": "d"}, "the database needs none"),
        ({"privileges": "USAGE", "to": "a", "on": "LANGUAGE"}, "of= is its name"),
        ({"privileges": (), "to": "a", "on": "LANGUAGE", "of": "sql"}, "name each privilege"),
        ({"privileges": "USAGE", "to": "public", "on": "TYPE", "of": "t"}, "leave this grant out"),
        ({"privileges": ["TEMP", "CONNECT"], "to": "PUBLIC", "on": "DATABASE"}, "leave this grant out"),
    ],
)
def test_grant_that_is_none_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ddl.ObjectGrant(**given)  # type: ignore[arg-type]  # wrong on purpose
