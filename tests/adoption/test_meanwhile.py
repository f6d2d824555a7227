"""The former application still writes while its database is adopted: no row is lost or changed unasked."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from adopting import Shapes, WriteRevision, conforms, dump, look, rows, run, undo
from amount import drawn
from lineage import catalog
from old_rows import NAMES, key
from typer.testing import CliRunner

from app_schema.cli import app
from app_schema.testing.plugin import CreateDatabase

pytestmark = pytest.mark.part(of=60, among="adoption")

WRITERS = 3
CHANGED = "The database is not as it was when the revision was written: stop the former"
LATER = {
    "a value that a rule refuses": "UPDATE public.users SET role = 'teacher' WHERE clerk_id = 'clerk_2'",
    "a value that the new type does not hold": (
        "UPDATE public.rag_metrics_history SET date = date + interval '12 hours' WHERE total_queries = 4"
    ),
    "a device without a user": "UPDATE public.chat_sessions SET device_id = 'x' WHERE device_id = 'device_3'",
    "a policy": "CREATE POLICY everybody ON public.users FOR SELECT USING (true)",
    "a column": "ALTER TABLE public.users ADD COLUMN extra integer",
}


@pytest.mark.parametrize("later", LATER)
def test_a_change_after_the_revision_was_written_is_refused_and_nothing_is_changed(
    create_database: CreateDatabase, shapes: Shapes, write_revision: WriteRevision, later: str
) -> None:
    url = create_database(shapes("sql_files"))
    write_revision("sql_files")
    _write(url, LATER[later])
    before = rows(url)
    told = CliRunner().invoke(app, ["upgrade", "--url", url])
    assert told.exit_code == 1, told.output
    assert CHANGED in told.stderr
    assert "if another system created the tables" not in told.stderr  # it is being adopted
    assert rows(url) == before
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regclass('public.alembic_run_once')").fetchone() == (None,)
    assert not look(url, code=1)["ready"]  # the page has it


BETWEEN = {
    "a column": "ALTER TABLE public.users ADD COLUMN extra integer",
    "a policy": "CREATE POLICY everybody ON public.users FOR SELECT USING (true)",
    "a trigger": (
        "CREATE FUNCTION public.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER theirs BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.theirs()"
    ),
    "a function": (
        "LOCK TABLE public.users; CREATE FUNCTION public.theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    ),
}


@pytest.mark.parametrize("options", [(), ("-x", "autocommit=true")], ids=["", "autocommit"])
@pytest.mark.parametrize("ddl", BETWEEN)
def test_ddl_that_is_committed_while_the_revision_waits_for_its_locks_is_refused(
    create_database: CreateDatabase,
    shapes: Shapes,
    write_revision: WriteRevision,
    ddl: str,
    options: tuple[str, ...],
) -> None:
    url = create_database(shapes("sql_files"))
    write_revision("sql_files")
    before = rows(url)
    with psycopg.connect(url) as other:
        other.execute(BETWEEN[ddl].encode())
        waiting = threading.Thread(target=_commit_once_another_waits, args=(url, other))
        waiting.start()
        told = CliRunner().invoke(app, ["upgrade", *options, "--url", url])
        waiting.join()
    assert told.exit_code == 1, told.output
    assert "created, changed or dropped after the revision was written" in told.stderr
    assert CHANGED in told.stderr
    after = {name: sums for name, sums in rows(url).items() if name != "public.users.extra"}
    assert after == before
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT to_regclass('public.alembic_run_once'), count(*) FROM pg_constraint"
            " WHERE conname = 'pk_users'"
        ).fetchone() == (None, 0)


def _commit_once_another_waits(url: str, other: psycopg.Connection[Any]) -> None:
    waits = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.users'::regclass"
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(waits).fetchone() is None:
            time.sleep(0.01)
    other.commit()


VIOLATED = {
    "unique: index uq_users_email_lower on public.users is violated by 2 rows:": (
        "UPDATE public.users SET email = 'PERSON5@example.org' WHERE clerk_id = 'clerk_4'",
        "UPDATE public.users SET email = 'Person4@example.org' WHERE clerk_id = 'clerk_4'",
    ),
    "exclusion: constraint ex_lesson_slots_mentor_id_time on public.lesson_slots is violated by 2 rows:": (
        (
            "INSERT INTO public.lesson_slots (id, mentor_id, start_time, end_time, price)"
            f" SELECT {key('lesson_slots', '0')}, mentor_id, start_time, end_time, price"
            f" FROM public.lesson_slots WHERE id = {key('lesson_slots', '8')}"
        ),
        f"DELETE FROM public.lesson_slots WHERE id = {key('lesson_slots', '0')}",
    ),
    "foreign key: constraint fk_fragments_project_id_user_id_projects on muednote_v3.fragments is": tuple(
        f"UPDATE muednote_v3.fragments SET project_id = {key('projects', number)}"
        f" WHERE id = {key('fragments', '6')}"
        for number in ("7", "6")
    ),
}
"""Rules, each with a statement that violates it, and one that corrects the row again."""


def _write(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


@pytest.mark.parametrize("rule", VIOLATED)
def test_rows_written_after_the_page_stop_the_revision_and_are_told_with_their_query(
    create_database: CreateDatabase, shapes: Shapes, write_revision: WriteRevision, rule: str
) -> None:
    url = create_database(shapes("sql_files"))
    write_revision("sql_files")
    _write(url, VIOLATED[rule][0])
    before = catalog(url)
    told = CliRunner().invoke(app, ["upgrade", "--url", url])
    assert told.exit_code == 1, told.output
    assert rule in told.stderr
    assert CHANGED in told.stderr
    assert "correct these rows, then run app-schema upgrade again" in told.stderr
    (query,) = re.findall("^  (SELECT .*);$", told.stderr, re.MULTILINE)
    with psycopg.connect(url) as connection:
        assert connection.execute(query.encode()).fetchall()
    assert catalog(url) == before
    _write(url, VIOLATED[rule][1])
    run(url, "upgrade")
    conforms(url)
    refused = CliRunner().invoke(app, ["adopt", "--write", "--url", url])
    assert (refused.exit_code, "there is nothing to adopt" in refused.stderr) == (1, True)


@pytest.mark.parametrize("then", ["completed", "undone"])
def test_a_half_adopted_database_is_completed_once_its_rows_are_corrected_or_goes_back(
    create_database: CreateDatabase, shapes: Shapes, write_revision: WriteRevision, then: str
) -> None:
    rule = next(iter(VIOLATED))
    url = create_database(shapes("sql_files"))
    write_revision("sql_files")
    _write(url, VIOLATED[rule][0])
    before, values = dump(url), rows(url)
    told = CliRunner().invoke(app, ["upgrade", "-x", "autocommit=true", "--url", url])
    assert told.exit_code == 1, told.output
    assert rule in told.stderr
    assert "a part of the adoption is committed: correct these rows" in told.stderr
    (broken,) = look(url, code=1)["broken"]
    assert broken["rule"]["query"] in told.stderr
    for command in (["--write"], ["--into", url]):
        refused = CliRunner().invoke(app, ["adopt", *command, "--url", url])
        assert (refused.exit_code, "is not complete" in refused.stderr) == (1, True)
    if then == "undone":
        undo(url)
        assert dump(url) == before
        assert rows(url) == values
        return
    _write(url, VIOLATED[rule][1])
    assert "Next: app-schema upgrade" in run(url, "adopt")
    run(url, "upgrade")
    conforms(url)


@dataclass
class Writer:
    """A session of the former application: short and long transactions, and what they have committed."""

    url: str
    number: int
    seed: random.Random
    committed: dict[tuple[str, str], tuple[Any, ...] | None] = field(default_factory=dict)
    """Table and id -> the values; None: deleted."""
    failed: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            done: dict[tuple[str, str], tuple[Any, ...] | None] = {}
            try:
                with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
                    for part in range(self.seed.randint(1, 4)):
                        done |= self._act(connection, f"{number}_{part}")
                        time.sleep(self.seed.random() * 0.02)
                    if self.seed.random() < 0.1:
                        time.sleep(self.seed.random())
            except psycopg.Error as error:
                self.failed.append(str(error.sqlstate))
            else:
                self.committed |= done

    def _act(self, connection: psycopg.Connection[Any], number: str) -> dict[tuple[str, str], Any]:
        clerk, at = f"w{self.number}_{number}", "2025-06-01 12:30:00"
        of = self.number + WRITERS * self.seed.randint(1, 20)  # no row of another writer
        table, statement, values = self.seed.choice(
            [
                (
                    "users",
                    "INSERT INTO public.users (clerk_id, email, created_at) VALUES (%s, %s, %s)",
                    (clerk, f"{clerk}@example.org", at),
                ),
                (
                    "sessions",
                    (
                        f"UPDATE public.sessions SET title = %s, created_at = %s"
                        f" WHERE id = {key('sessions', str(of))}"
                    ),
                    (clerk, at),
                ),
                ("materials", f"DELETE FROM public.materials WHERE id = {key('materials', str(of))}", ()),
                (
                    "lesson_slots",
                    (
                        "INSERT INTO public.lesson_slots (mentor_id, start_time, end_time, price)"
                        f" SELECT {key('users', str(of))}, t, t + interval '1 minute', 1000"
                        " FROM (VALUES (timestamp '2030-01-01' + interval '1 hour' * %s::integer)) AS r(t)"
                    ),
                    (self.seed.randint(1, 10**7),),
                ),
            ]
        )
        shown = "NULL" if table == "materials" else COLUMNS[table]
        row = connection.execute(f"{statement} RETURNING id::text, {shown}".encode(), values).fetchone()
        return {} if row is None else {(table, row[0]): None if table == "materials" else row[1:]}


COLUMNS = {
    "users": "clerk_id, email, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS')",
    "sessions": "title, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS')",
    "materials": "title",
    "lesson_slots": "to_char(start_time, 'YYYY-MM-DD HH24:MI:SS')",
}


@contextmanager
def writers(url: str) -> Iterator[list[Writer]]:
    found = [Writer(url, each, drawn("writer", each)) for each in range(WRITERS)]
    threads = [threading.Thread(target=writer.write) for writer in found]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        for writer in found:
            writer.over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("options", [(), ("-x", "autocommit=true")], ids=["", "autocommit"])
@pytest.mark.parametrize("shape", NAMES)
def test_no_row_is_lost_that_the_former_application_writes_meanwhile(
    create_database: CreateDatabase,
    shapes: Shapes,
    write_revision: WriteRevision,
    shape: str,
    options: tuple[str, ...],
) -> None:
    url = create_database(shapes(shape))
    write_revision(shape)
    with writers(url) as found:
        time.sleep(0.5)
        run(url, "upgrade", *options)
        time.sleep(0.5)
    conforms(url)
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        for writer in found:
            assert writer.committed
            for (table, id_), values in writer.committed.items():
                query = f"SELECT {COLUMNS[table]} FROM public.{table} WHERE id = '{id_}'"
                row = connection.execute(query.encode()).fetchone()
                assert row == values, (table, id_, writer.failed)
