"""Unmanaged objects are never changed: an object on which one depends is kept, and named."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog import diff, snapshot

pytestmark = pytest.mark.part(of=6)

MINE = """
CREATE TABLE t (id int PRIMARY KEY, n int, gone text, mood text);
CREATE TYPE stray_mood AS ENUM ('a', 'b');
CREATE DOMAIN stray_domain AS int;
CREATE SEQUENCE stray_seq;
CREATE TABLE stray (id int PRIMARY KEY, n int);
CREATE POLICY p ON stray USING (true);
CREATE FUNCTION stray_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE SCHEMA theirs;
"""
THEIRS = {
    "column gone on public.t": (
        "CREATE VIEW theirs.v AS SELECT gone FROM t; CREATE VIEW theirs.w AS SELECT * FROM theirs.v",
        "view theirs.v",
    ),
    "enum public.stray_mood": ("CREATE TABLE theirs.m (mood stray_mood)", "table column theirs.m.mood"),
    "domain public.stray_domain": ("CREATE TABLE theirs.m (d stray_domain[])", "table column theirs.m.d"),
    "sequence public.stray_seq": (
        "CREATE TABLE theirs.m (id int DEFAULT nextval('stray_seq'))",
        "default value for theirs.m.id",
    ),
    "table public.stray": (
        "CREATE TABLE theirs.m (s int REFERENCES stray)",
        "table constraint m_s_fkey on theirs.m",
    ),
    "function public.stray_f(integer)": (
        "CREATE TABLE theirs.m (id int, CHECK (stray_f(id) > 0)); CREATE INDEX i ON theirs.m (stray_f(id))",
        "index theirs.i",
    ),
}


def _metadata(type_: sa.types.TypeEngine[Any] | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    n, mood = sa.Column("n", type_ or sa.Integer()), sa.Column("mood", sa.Text)
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), n, mood)
    return metadata


def _send(engine: sa.Engine, sql: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(sql)


@pytest.mark.parametrize("label", THEIRS)
def test_prune_leaves_what_something_unmanaged_hangs_on(label: str, empty_engine: sa.Engine) -> None:
    sql, named = THEIRS[label]
    _send(empty_engine, MINE + sql)
    with empty_engine.connect() as connection:
        before = snapshot(connection)

    generated = autogenerate(empty_engine, _metadata(), prune=True)

    notes = [difference[1] for difference in generated.diffs if difference[0] == "unwritable"]
    (note,) = notes
    assert note.startswith(f"{label} cannot be dropped: ")
    assert named in note
    assert "theirs" not in generated.text.replace(note, "").replace(note.replace("'", "\\'"), "")
    generated.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        after = snapshot(connection)
    gone = [key.label for key in before if key not in after]
    assert [name for name in gone if "theirs" in name or name == label] == []
    assert ("policy p on public.stray" in gone) == (label != "table public.stray"), "the table stays whole"
    generated.downgrade(empty_engine)
    with empty_engine.connect() as connection:
        assert diff(before, snapshot(connection)) == []


UNCOMPARED = {
    "type public.stray": """
        CREATE TYPE stray;
        CREATE FUNCTION f(cstring) RETURNS stray LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
        CREATE FUNCTION g(stray) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
        CREATE TYPE stray (INPUT = f, OUTPUT = g, LIKE = integer)""",
    "language stray": """
        CREATE FUNCTION f() RETURNS language_handler LANGUAGE internal AS 'fmgr_sql_validator';
        CREATE LANGUAGE stray HANDLER f""",
    "transform for public.mood language plpgsql": """
        CREATE TYPE mood AS ENUM ('a');
        CREATE FUNCTION f(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'numeric_sortsupport';
        CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION f(internal))""",
    "user mapping public on server s": """
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER s""",
}


@pytest.mark.parametrize("label", UNCOMPARED)
def test_prune_says_what_stays_under_an_object_that_no_kind_compares(
    label: str, empty_engine: sa.Engine
) -> None:
    _send(empty_engine, f"{UNCOMPARED[label]}; CREATE TABLE stray_table (n int)")
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    said = str(generated.diffs).replace(" on language ", " language ")  # as PostgreSQL 15 has it
    assert f"cannot be dropped: {label} is not compared and depends on it; drop that first" in said
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert 'op.drop_table("stray_table"' in generated.text
    assert "op.drop_function(" not in generated.text


def test_type_that_an_unmanaged_view_reads_is_not_changed(empty_engine: sa.Engine) -> None:
    _send(
        empty_engine,
        "CREATE TABLE t (id int PRIMARY KEY, n int, mood text); CREATE SCHEMA theirs; "
        "CREATE VIEW theirs.v AS SELECT n FROM t",
    )
    generated = autogenerate(empty_engine, _metadata(sa.BigInteger()))
    ((kind, note),) = generated.diffs
    assert kind == "unwritable"
    assert note.startswith("column n on public.t cannot be changed: view theirs.v is not managed")
    managed = autogenerate(empty_engine, _metadata(sa.BigInteger()), managed_schemas={"public", "theirs"})
    managed.upgrade(empty_engine)
    assert autogenerate(empty_engine, _metadata(sa.BigInteger())).empty


def test_accepted_view_is_not_managed_either(empty_engine: sa.Engine) -> None:
    from app_schema.project import Accepted

    _send(
        empty_engine,
        "CREATE TABLE t (id int PRIMARY KEY, n int, gone text, mood text); "
        "CREATE VIEW v AS SELECT gone FROM t",
    )
    accepted = [Accepted("view public.v", "it is read until May")]
    ((kind, note),) = autogenerate(empty_engine, _metadata(), prune=True, accepted=accepted).diffs
    assert (kind, "view public.v is not managed" in note) == ("unwritable", True)


STRAYS = """
CREATE TABLE s{n} (id int PRIMARY KEY, t text DEFAULT 'x' CHECK (t <> ''), r int REFERENCES {before});
CREATE INDEX ON s{n} (t); COMMENT ON TABLE s{n} IS 'c'; CREATE POLICY p ON s{n} USING (true);
CREATE TRIGGER g BEFORE UPDATE ON s{n} EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE FUNCTION f{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v{n} AS SELECT 1 AS a;
CREATE TYPE e{n} AS ENUM ('a'); CREATE SEQUENCE q{n}; GRANT SELECT ON s{n} TO pg_monitor;
"""


def test_prune_asks_as_many_queries_for_many_objects_as_for_few(empty_engine: sa.Engine) -> None:
    sent: list[str] = []
    sa.event.listen(empty_engine, "before_cursor_execute", lambda _, __, sql, *___: sent.append(sql))

    def queries(number: int) -> int:
        _send(
            empty_engine,
            "".join(STRAYS.format(n=n, before=f"s{n - 1}" if n else "s0") for n in range(number - 4, number)),
        )
        sent.clear()
        pruned = autogenerate(empty_engine, _metadata(), prune=True, cache=False)
        assert len([difference for difference in pruned.diffs if difference[0] == "remove_table"]) == number
        return len(sent)

    few = queries(4)
    assert queries(8) == few <= 20
