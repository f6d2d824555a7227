"""A type or foreign table that is dropped and created again keeps its owner, grants and comments."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import operations_on
from roundtrip import catalog, round_trip, send
from sqlalchemy.dialects.postgresql import DOMAIN

from app_schema import ddl
from app_schema.catalog import Snapshot

pytestmark = pytest.mark.part(of=4)

NAME = 'od"d. %I'
PLACE = '"od""d. %%I"'
KEPT = ("type_grant", "owner", "object_comment", "comment")
CREATED = {
    "enum": f"CREATE TYPE {PLACE} AS ENUM ('a', 'b', 'c')",
    "composite": f"CREATE TYPE {PLACE} AS (a integer, b text)",
    "range": f"CREATE TYPE {PLACE} AS RANGE (SUBTYPE = float8)",
    "domain": f"CREATE DOMAIN {PLACE} AS text",
}
CHANGED = {
    "enum": ["b", "a"],
    "composite": "(b text, a integer, c date)",
    "range": "AS RANGE (SUBTYPE = numeric)",
    "domain": "integer",
}


def _kept(engine: sa.Engine) -> Snapshot:
    return {key: printed for key, printed in catalog(engine).items() if key.kind in KEPT}


@pytest.mark.parametrize("kind", CREATED)
def test_replaced_type_keeps_what_it_has(kind: str, empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        CREATED[kind],
        f"COMMENT ON TYPE {PLACE} IS 'it''s 100%% \\ kept'",
        f"ALTER TYPE {PLACE} OWNER TO pg_monitor",
        f"REVOKE USAGE ON TYPE {PLACE} FROM PUBLIC",
        f"GRANT USAGE ON TYPE {PLACE} TO pg_read_all_stats WITH GRANT OPTION",
        f"GRANT USAGE ON TYPE {PLACE} TO pg_signal_backend",
    )
    if kind == "composite":
        send(empty_engine, f"COMMENT ON COLUMN {PLACE}.a IS 'an attribute'")
    before = _kept(empty_engine)
    assert len([key for key in before if key.kind == "type_grant"]) == 3
    for _ in range(2):
        with operations_on(empty_engine) as op:
            getattr(op, f"replace_{kind}")(NAME, CHANGED[kind], schema="public")
    assert _kept(empty_engine) == before


def _declared(attributes: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", DOMAIN("code", sa.Text)))
    objects = ("pair", ddl.Composite("pair", attributes, schema="public")), ("code", None)
    for name, obj in objects:
        grants = (
            ddl.ObjectGrant("USAGE", to="pg_monitor", on="TYPE", of=name, schema="public"),
            ddl.ObjectGrant((), to="PUBLIC", on="TYPE", of=name, schema="public"),
        )
        ddl.attach(metadata, *([obj] if obj else []), *grants)
    return metadata


def test_generated_revision_that_recreates_a_type_keeps_its_grants(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        _declared("(a integer, b text)").create_all(connection)
    send(empty_engine, "GRANT USAGE ON TYPE pair TO pg_signal_backend", "COMMENT ON TYPE pair IS 'x'")
    round_trip(empty_engine, _declared("(b text, a integer)"))


FOREIGN = (
    ddl.ForeignDataWrapper("far"),
    ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far"),
)


def _abroad(columns: str, *objects: ddl.DDLObject) -> sa.MetaData:
    metadata = sa.MetaData()
    table = ddl.ForeignTable(NAME, f"({columns}) SERVER there", schema="public")
    view = ddl.View("v", 'SELECT a FROM public."od""d. %I"', schema="public")
    ddl.attach(metadata, *FOREIGN, table, view, *objects)
    return metadata


def test_replaced_foreign_table_keeps_what_it_has(empty_engine: sa.Engine) -> None:
    declared = (
        ddl.Grant("SELECT", to="pg_read_all_stats", table=NAME, schema="public"),
        ddl.Grant("UPDATE", to="pg_signal_backend", columns="a", table=NAME, schema="public"),
        ddl.Owner("pg_monitor", table=NAME, schema="public"),
        ddl.Comment("foreign_table", NAME, "a % table", schema="public"),
        ddl.Comment("column", "a", "it's a", table=NAME, schema="public"),
    )
    with empty_engine.begin() as connection:
        _abroad("a integer, b text", *declared).create_all(connection)
    send(
        empty_engine,
        f"GRANT INSERT ON TABLE {PLACE} TO pg_read_all_settings WITH GRANT OPTION",
        f"GRANT REFERENCES (b) ON TABLE {PLACE} TO pg_signal_backend",
        f"COMMENT ON COLUMN {PLACE}.b IS 'undeclared'",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"CREATE TRIGGER touch BEFORE INSERT ON {PLACE} FOR EACH ROW EXECUTE FUNCTION touch()",
    )
    round_trip(empty_engine, _abroad("b text, a bigint, c date", *declared))
    generated = round_trip(empty_engine, _abroad("a bigint", *declared))
    assert "not mended" not in generated.text
