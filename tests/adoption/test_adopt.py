"""A database of the old system becomes one of ours, and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from adopting import (
    ROLE,
    USER_OF_DEVICE,
    Shapes,
    adopt,
    begin,
    choose,
    conforms,
    dump,
    enums,
    look,
    oids,
    rows,
    run,
    undo,
)
from lineage import catalog
from old_rows import BROKEN
from psycopg import sql
from typer.testing import CliRunner

from app_schema.cli import app
from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=60, among="adoption")

LINES = 60


def test_a_database_with_sound_rows_is_adopted_and_goes_back(old_url: str) -> None:
    begin(old_url)
    before, values, files = dump(old_url), rows(old_url), oids(old_url)
    types = enums(old_url)
    found = look(old_url, code=0)
    assert dump(old_url) == before
    adopt(old_url)
    conforms(old_url)
    assert rows(old_url, of=values) == values
    rewritten = {work["table"] for work in found["work"] if work["rewritten"]}
    now = oids(old_url)
    assert {name for name in files if now[name][0] != files[name][0]} == set()
    assert {name for name in files if now[name][1] != files[name][1]} <= rewritten
    assert "public.users" not in rewritten  # a local time becomes a moment at UTC without a rewrite

    renamed = dict(re.findall(r"enum public\.(\w+) -> (\w+)", "\n".join(found["renamed"])))
    assert {renamed.get(name, name): oid for name, oid in types.items()}.items() <= enums(old_url).items()

    adopted = catalog(old_url)
    run(old_url, "upgrade")
    assert catalog(old_url) == adopted

    undo(old_url)
    assert dump(old_url) == before
    assert rows(old_url) == values


def test_every_broken_rule_is_found_with_its_rows_and_mended_and_goes_back(broken_url: str) -> None:
    Path("adopt.toml").write_text(USER_OF_DEVICE)
    before, values = dump(broken_url), rows(broken_url)
    found = look(broken_url, code=1)["broken"]
    labels = [row["rule"]["object"] for row in found]
    assert [name for name in BROKEN if not any(name in label for label in labels)] == []
    with psycopg.connect(broken_url) as connection:
        for row in found:
            counted = connection.execute(row["rule"]["query"].encode()).fetchall()
            assert len(counted) == row["rule"]["rows"], row["rule"]["object"]
    assert len(run(broken_url, "adopt", code=1).splitlines()) <= LINES
    assert dump(broken_url) == before

    Path("adopt.toml").write_text(USER_OF_DEVICE + ROLE)
    choose(broken_url)
    adopt(broken_url)
    conforms(broken_url)
    undo(broken_url)
    assert dump(broken_url) == before
    assert rows(broken_url) == values


def test_what_only_a_person_can_change_is_named_a_table_of_another_owner_or_a_read_only_session(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE public.users OWNER TO pg_monitor")
        me = connection.info.user
    (note,) = look(url, code=1)["unwritable"]
    assert "public.users: is owned by pg_monitor" in note
    assert f"run ALTER ... OWNER TO {me}" in note
    assert "Next: do by hand what the page names" in run(url, "adopt", code=1)
    run(url, "adopt", "--write", code=1)
    assert not Path("adoption").exists()
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE public.users OWNER TO CURRENT_USER")
    assert look(url, code=0)["ready"]
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(database)
        )
    (note,) = look(url, code=1)["unwritable"]
    assert "The session is read-only" in note


def test_what_is_not_listed_stops_the_adoption(create_database: CreateDatabase, shapes: Shapes) -> None:
    url = create_database(shapes("drizzle"))
    with psycopg.connect(url) as connection:
        connection.execute("CREATE POLICY everybody ON public.users FOR SELECT USING (true)")
    assert look(url, code=1)["strangers"] == ["policy everybody on public.users"]
    run(url, "adopt", "--write", code=1)
    assert not Path("adoption").exists()
    with Path("adopt.toml").open("a", encoding="utf-8") as file:
        file.write('[[drop]]\nobject = "policy everybody on public.users"\n')
    assert "policy everybody on public.users" in look(url, code=0)["superseded"]


def test_a_dropped_column_comes_back_with_its_values_and_no_table_is_dropped(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    with psycopg.connect(url) as connection:
        connection.execute(
            "ALTER TABLE public.users ADD COLUMN extra integer, ADD COLUMN old text NOT NULL DEFAULT 'a'"
        )
        connection.execute("UPDATE public.users SET extra = length(email)")
        connection.execute("UPDATE public.users SET old = email")
    Path("adopt.toml").write_text("[[drop]]\nobject = 'column * on public.users'\n")
    before, values = dump(url), rows(url)
    assert len(look(url, code=0)["others"]) > 1
    adopt(url)
    conforms(url)
    kept = {
        name: sums for name, sums in values.items() if name not in {"public.users.extra", "public.users.old"}
    }
    assert rows(url, of=kept) == kept
    undo(url)
    in_any_order = [sorted(line.rstrip(",") for line in lines) for lines in (dump(url), before)]
    assert in_any_order[0] == in_any_order[1]
    assert rows(url) == values


def test_objects_of_others_that_would_stop_the_revision_are_to_be_dropped_by_hand(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("sql_files"))
    Path("adopt.toml").write_text(USER_OF_DEVICE)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA reports")
        connection.execute("CREATE VIEW reports.v AS SELECT template_id FROM public.interview_questions")
        # objects on which the revision would end with SQLSTATE 0A000 and 2BP01
        connection.execute("CREATE TABLE reports.kept (before public.users[], count integer)")
        connection.execute("CREATE TABLE reports.vectors (old public.rag_embeddings)")
        connection.execute("CREATE VIEW reports.harmless AS SELECT before FROM reports.kept")
        for name in ("log_ddl", "free"):
            body = "RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
            connection.execute(f"CREATE FUNCTION public.{name}() {body}".encode())
        when = "ON sql_drop WHEN TAG IN ('DROP CAST')"
        connection.execute(f"CREATE EVENT TRIGGER theirs {when} EXECUTE FUNCTION public.log_ddl()".encode())
    with Path("adopt.toml").open("a") as file:
        file.write("[[drop]]\nobject = 'function public.log_ddl()'\n")
        file.write("[[drop]]\nobject = 'function public.free()'\n")
    view, function, default, column = look(url, code=1)["unwritable"]
    assert "view reports.v is not managed and depends on it; drop that first" in view
    assert function.startswith("function public.log_ddl() cannot be dropped: event trigger theirs is not ")
    # PostgreSQL refuses a new column with a default too
    assert default.startswith(
        "table public.rag_embeddings cannot be changed: column reports.vectors.old uses"
    )
    assert column.startswith("table public.users cannot be changed: column reports.kept.before uses its row ")


ROLE_IS = "[[set]]\ntable = 'public.users'\ncolumn = 'role'\nvalue = "
WRONG = {
    "zone = 5": "zone is a name",
    "zone = 'Mars/Phobos'": "zone=Mars/Phobos is no time zone of the server: write Asia/Tokyo, or UTC.",
    "set = 'a'": "begins with [[set]]",
    f"{ROLE_IS}5": "needs the texts table, column",
    f"{ROLE_IS}'...'": (
        "cannot evaluate the value '...' of [[set]] for public.users.role where 'true': syntax error"
    ),
    f"{ROLE_IS}'(SELECT 1 FROM {{a.b}})'": "a.b is no table of MUED",
    "[[set]]\ntable = 'public.learning_metrics'\ncolumn = 'value'\nvalue = '1'": "is no table of MUED",
    "[[move]]\ntable = 'public.users'\nwhere = 'x = 1'": "[[move]] of public.users where 'x = 1': column",
    "[[drop]]\nobject = 'policy p on public.users'": "no undeclared object is called 'policy p on public.",
    "[[drop]]\nobject = 'table *'": "tables are never dropped",
}


def test_a_mistake_in_adopt_toml_is_one_sentence_that_names_its_entry(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    for text, sentence in WRONG.items():
        Path("adopt.toml").write_text(text)
        told = CliRunner().invoke(app, ["adopt", "--url", url], catch_exceptions=False)
        assert (told.exit_code, sentence in told.stderr) == (2, True), (text, told.stderr)
