"""The entries of adopt.toml change the rows that they name, and the page counts what they would violate."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from adopting import Shapes, adopt, dump, look, run, undo
from typer.testing import CliRunner

from app_schema.adoption.choices import read
from app_schema.adoption.mend import update
from app_schema.adoption.superseded import SetValue
from app_schema.cli import app
from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=60, among="adoption")


def test_a_choice_that_violates_an_existing_rule_is_on_the_page(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    with psycopg.connect(url) as connection:
        late = "UPDATE public.users SET created_at = '294276-12-31 23:59' WHERE clerk_id = 'clerk_3'"
        connection.execute(late)
    one = "where = \"clerk_id = 'clerk_1'\""
    Path("adopt.toml").write_text(f"""
zone = "Pacific/Honolulu"  # the moment is out of range there
[[set]]
table = "public.users"
column = "email"
value = "NULL"
{one}
[[set]]
table = "public.messages"
column = "sender_id"
value = "gen_random_uuid()"
where = "content = 'Hello 1'"
[[set]]
table = "public.users"
column = "clerk_id"
value = "'clerk_2'"
{one}
""")
    counts = {row["rule"]["object"]: row["rule"]["rows"] for row in look(url, code=1)["broken"]}
    assert counts["constraint uq_users_clerk_id on public.users"] == 2
    assert counts["column email on public.users"] == 1
    assert counts["constraint fk_messages_sender_id_users on public.messages"] == 1
    assert counts["type of column created_at on public.users"] == 1


def test_values_change_only_the_rows_that_have_one_of_them(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    entry = "[[set]]\ntable = 'public.users'\ncolumn = 'role'\nfrom = 'role'\nvalues = {mentor = 'admin'}\n"
    Path("adopt.toml").write_text(entry)
    (choice,) = read(Path("adopt.toml")).mends
    assert isinstance(choice, SetValue)
    roles = "SELECT role, count(*) FROM public.users GROUP BY role"
    with psycopg.connect(create_database(shapes("drizzle"))) as connection:
        before: dict[str, int] = dict(connection.execute(roles).fetchall())
        connection.execute(update(choice).encode())
        assert dict(connection.execute(roles).fetchall()) == {
            "admin": before["mentor"],
            "student": before["student"],
        }


def test_an_entry_that_needs_itself_or_says_two_things_is_refused(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    wrong = {
        "[[move]]\ntable = 'public.users'\nwhere = 'EXISTS (SELECT FROM {public.users})'": "itself needs it",
        "[[set]]\ntable = 'a.b'\ncolumn = 'c'\nvalue = '1'\nfrom = 'd'\nvalues = {}": "needs the texts",
        "zone = ''": "zone is a name",
        "[[set]]\ntable = 'public.users'\ncolumn = 'id'\nvalue = 'id'": "set]] cannot change public.users.id",
    }
    for text, sentence in wrong.items():
        Path("adopt.toml").write_text(text)
        told = CliRunner().invoke(app, ["adopt", "--url", url], catch_exceptions=False)
        assert (told.exit_code, sentence in told.stderr) == (2, True), (text, told.stderr)


def test_the_way_back_keeps_what_was_written_after_the_adoption_and_says_so(
    create_database: CreateDatabase, shapes: Shapes
) -> None:
    url = create_database(shapes("drizzle"))
    before, names = dump(url), "SELECT clerk_id, name, created_at FROM public.users ORDER BY 1 LIMIT 6"
    Path("adopt.toml").write_text("""
zone = "Asia/Tokyo"
[[set]]
table = "public.users"
column = "name"
value = "'Nobody'"
where = "clerk_id IN ('clerk_1', 'clerk_10')"
[[set]]
table = "public.users"
column = "created_at"
value = "created_at - interval '1 day'"
where = "clerk_id IN ('clerk_1', 'clerk_10')"
[[move]]
table = "public.webhook_events"
where = "event_id = 'evt_5'"
""")
    with psycopg.connect(url) as connection:
        values = connection.execute(names).fetchall()
    adopt(url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE public.users SET name = 'Renamed by person' WHERE clerk_id = 'clerk_1'")
        connection.execute("INSERT INTO public.webhook_events SELECT * FROM aside.webhook_events_3")
    shown = run(url, "adopt", "--undo", "--json", code=1)
    token, kept = json.loads(shown)["token"], json.loads(shown)["aside"]
    assert [(each["column"], each["restored"], each["changed"]) for each in kept] == [
        ("name", 1, 1),
        ("created_at", 2, 0),
        (None, 1, 0),
    ]
    told = CliRunner().invoke(app, ["adopt", "--undo", "--confirm", token, "--url", url])
    assert (told.exit_code, "correct or delete one of them" in told.stderr) == (1, True), told.stderr
    assert "public.users.name: 1; changed since the adoption and kept as they are: 1" in " ".join(
        told.stderr.split()
    )
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM public.webhook_events WHERE event_id = 'evt_5'")
    undo(url)
    assert dump(url) == before
    with psycopg.connect(url) as connection:
        restored = connection.execute(names).fetchall()
    assert restored == [("clerk_1", "Renamed by person", values[0][2]), *values[1:]]
