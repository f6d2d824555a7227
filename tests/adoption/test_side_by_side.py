"""The rows of a database of the old system are copied into a new one, and the old one stays as it is."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from adopting import USER_OF_DEVICE, Shapes, begin, conforms, dump, look, rows, run
from faultproxy import Fault, FaultProxy, Session
from typer.testing import CliRunner

from app_schema.adoption.copying import Copying
from app_schema.cli import app
from app_schema.cli.migration import move
from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=60, among="side by side")

LATE = "SELECT count(*) FROM public.users WHERE clerk_id = 'late'"


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def test_every_value_is_copied_and_a_cut_is_mended_by_the_same_command(
    create_database: CreateDatabase, databases: Databases, old_url: str
) -> None:
    begin(old_url)
    before, values, new = dump(old_url), rows(old_url), create_database()
    with FaultProxy(databases.server_url) as seen:
        run(old_url, "adopt", "--into", seen.url(_name(create_database())))
    copies = [number for number, text in enumerate(seen.statements) if text.startswith("COPY")]
    for number in (copies[0], copies[len(copies) // 2], copies[-1] + 2):
        with FaultProxy(databases.server_url, Fault(number, Session.close)) as proxy:
            command = ["adopt", "--into", proxy.url(_name(new)), "--url", old_url]
            told = CliRunner().invoke(app, command)
        assert told.exit_code == (2 if proxy.fired else 0), told.output
    tables = json.loads(run(old_url, "adopt", "--into", new, "--json"))["tables"]
    assert any(table["earlier"] for table in tables)
    conforms(new)
    copied = rows(new)
    left = ("drizzle.", "public.learning_metrics", "public.ai_profiles", "public.ai_memories")
    kept = {name: sums for name, sums in values.items() if name in copied and not name.startswith(left)}
    assert {name: copied[name] for name in kept} == kept
    assert len(kept) > 200
    assert run(old_url, "adopt", "--into", new)  # a second run copies nothing
    assert rows(new) == copied
    assert dump(old_url) == before
    assert rows(old_url) == values


def test_a_broken_rule_stops_before_the_first_row(create_database: CreateDatabase, broken_url: str) -> None:
    Path("adopt.toml").write_text(USER_OF_DEVICE)
    new = create_database()
    broken = look(broken_url, code=1)["broken"]
    told = run(broken_url, "adopt", "--into", new, "--json", code=1)
    assert len(json.loads(told)["broken"]) == len(broken)
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT to_regclass('public.users')").fetchone() == (None,)


def test_a_target_with_other_rows_or_the_old_tables_is_refused(
    create_database: CreateDatabase, shapes: Shapes, database_url: str
) -> None:
    url = create_database(shapes("drizzle"))
    begin(url)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO public.users (clerk_id, email) VALUES ('someone', 's@example.org')")
    values = rows(database_url)
    command = ["adopt", "--into", database_url, "--url", url]
    told = CliRunner().invoke(app, command, catch_exceptions=False)
    assert told.exit_code == 1
    assert "The target has rows in public.users" in told.stderr
    assert rows(database_url) == values
    told = CliRunner().invoke(app, ["adopt", "--into", url, "--url", url], catch_exceptions=False)
    assert (told.exit_code, "--into needs an empty database" in told.stderr) == (1, True), told.stderr


def test_the_source_is_read_in_one_snapshot_and_anew_if_it_has_changed_since_a_cut(
    create_database: CreateDatabase, databases: Databases, shapes: Shapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, new = create_database(shapes("drizzle")), create_database()
    begin(url)

    def meanwhile(*arguments: Any) -> Any:
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO public.users (clerk_id, email) VALUES ('late', 'l@example.org')")
        return move(*arguments)

    with monkeypatch.context() as patched, FaultProxy(databases.server_url, Fault(10_000)) as seen:
        patched.setattr("app_schema.cli.side_by_side.move", meanwhile)
        refused = CliRunner().invoke(app, ["adopt", "--into", seen.url(_name(new)), "--url", url])
    assert refused.exit_code == 1
    with psycopg.connect(new) as connection:
        assert connection.execute(LATE).fetchone() == (0,)
        (number,) = connection.execute("SELECT count(*) FROM public.users").fetchone() or (0,)
    assert f"in public.users ({number + 1:,} rows in the old database, {number:,} copied)" in refused.stderr
    told = json.loads(run(url, "adopt", "--into", new, "--json"))  # empties the target, and begins anew
    assert not any(table["earlier"] for table in told["tables"])
    with psycopg.connect(new) as connection:
        assert connection.execute(LATE).fetchone() == (1,)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE public.users SET name = 'changed' WHERE clerk_id = 'late'")
    assert "The target has rows" in CliRunner().invoke(app, ["adopt", "--into", new, "--url", url]).stderr

    again = create_database()
    last = max(number for number, text in enumerate(seen.statements) if text.startswith("COPY"))
    with FaultProxy(databases.server_url, Fault(last, Session.close)) as proxy:
        CliRunner().invoke(app, ["adopt", "--into", proxy.url(_name(again)), "--url", url])
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE public.users SET name = 'again' WHERE clerk_id = 'late'")
    told = json.loads(run(url, "adopt", "--into", again, "--json"))
    assert not any(table["earlier"] for table in told["tables"])
    with psycopg.connect(again) as connection:
        assert connection.execute(LATE).fetchone() == (1,)


def test_ctrl_c_while_a_result_is_unread_is_one_sentence(
    create_database: CreateDatabase,
    shapes: Shapes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url, new = create_database(shapes("drizzle")), create_database()
    begin(url)
    copy, begun = Copying._copy_table, list[object]()

    def copied(self: Copying, table: Any) -> int:
        begun.append(table)
        if len(begun) == 4:
            self.source.pgconn.send_query(b"SELECT pg_sleep(1)")  # its result is not read
            signal.raise_signal(signal.SIGINT)
        return copy(self, table)

    with monkeypatch.context() as patched:
        patched.setattr(Copying, "_copy_table", copied)
        told = CliRunner().invoke(app, ["adopt", "--into", new, "--url", url])
    assert told.exit_code == 130
    assert told.stderr.splitlines()[-1].startswith("stopped; whole tables are copied.")
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
