"""What the queries of the application read, before the revisions of the data path and after them.

    python bench/data/measure.py                # both sizes: loads for minutes, writes docs/performance.md
    python bench/data/measure.py --scale 0.1    # a tenth only, prints
    python bench/data/measure.py --keep         # leaves the loaded databases, and takes them the next time

The server is --url, else TEST_DATABASE_URL, else the embedded one; the role has to be a superuser. Pages
are those of EXPLAIN (ANALYZE, BUFFERS) with PostgreSQL's own settings of the planner, in the second run of a
query. A write is measured by the processor time of the server process, so the server has to run on this
Linux. The plans of app_user are written to bench/plans/data.txt.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from queries import QUERIES, Query
from report import Result, drawing, page

from app_schema import embedded
from app_schema import url as urls
from app_schema.audit import scale as scale_findings
from app_schema.mued.application import APPLICATION
from app_schema.mued.export import export

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BEFORE, AFTER = "0016_core_and_chat_rls", "head"
ROLES = ("service_account", "app_user")
Connection = psycopg.Connection[Any]

_INSERT = (
    "INSERT INTO public.chat_messages (session_id, user_id, role, content) "
    "SELECT c.id, c.user_id, 'user', 'how do I voice this chord?' "
    "FROM (SELECT id, user_id FROM public.chat_sessions ORDER BY id LIMIT {}) AS c, generate_series(1, {})"
)
_DELETE = (
    "DELETE FROM public.chat_messages "
    "WHERE created_at < (SELECT min(created_at) FROM public.chat_messages) + interval '30 days'"
)
WRITES = {
    "one message right after a checkpoint": "CHECKPOINT; " + _INSERT.format(1, 1),
    "2,000 messages over 200 chats": _INSERT.format(200, 10),
    "250 messages of one chat": _INSERT.format(1, 250),
    "2,000 rows into a bare heap": "CREATE TABLE public.bare (LIKE public.chat_messages INCLUDING DEFAULTS); "
    + _INSERT.format(200, 10).replace("INTO public.chat_messages", "INTO public.bare"),
    "16,000 messages of one chat": _INSERT.format(1, 16000),
    "a month of messages deleted": _DELETE,
    "the same without a trigger": "ALTER TABLE public.chat_messages DISABLE TRIGGER USER; " + _DELETE,
}


class Pages(NamedTuple):
    pages: int
    rows: int
    plan: str


class Server:
    def __init__(self, text: str | None) -> None:
        self._url = urls.parse(text or os.environ.get("TEST_DATABASE_URL") or embedded.start())

    def url(self, database: str | None = None) -> str:
        url = self._url if database is None else self._url.set(database=database)
        return url.set(drivername="postgresql").render_as_string(hide_password=False)

    def connect(self, database: str | None = None) -> Connection:
        return psycopg.connect(self.url(database), autocommit=True)

    def databases(self, scale: float, *, keep: bool) -> Iterator[Connection]:
        """A loaded database before the revisions, and one after them."""
        names = [f"app_schema_data_{side}_{round(20_000 * scale)}" for side in ("before", "after")]
        with self.connect() as connection:
            there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            if names[0] not in there:
                connection.execute(f"CREATE DATABASE {names[0]}")
                self._upgrade(names[0], BEFORE)
                with self.connect(names[0]) as loading:
                    load(loading, scale, "rows.sql", "vectors.sql")
            if names[1] not in there:
                connection.execute(f"CREATE DATABASE {names[1]} TEMPLATE {names[0]} STRATEGY file_copy")
                self._upgrade(names[1], AFTER)
                with self.connect(names[1]) as settling:
                    settling.execute("VACUUM FULL rag_embeddings")  # 0021 moves no vector that is there
                    settling.execute("VACUUM ANALYZE")
        try:
            for name in names:
                with self.connect(name) as connection:
                    yield connection
        finally:
            if not keep:
                with self.connect() as connection:
                    for name in names:
                        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _upgrade(self, database: str, revision: str) -> None:
        environment = os.environ | {"DATABASE_URL": self.url(database)}
        command = [sys.executable, "-m", "alembic", "upgrade", revision]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)


def load(connection: Connection, scale: float, *files: str) -> None:
    """Runs the statements of the files, which a line ``--.`` separates, in one session without triggers."""
    connection.execute("SET synchronous_commit = off")
    for file in files:
        for statement in (HERE / file).read_text(encoding="utf-8").split("--.\n"):
            connection.execute(statement.replace(":scale", f"{scale:g}").encode())
    connection.execute("SET session_replication_role = origin")
    connection.execute("VACUUM ANALYZE")


@contextmanager
def acting(connection: Connection, role: str, person: str) -> Iterator[None]:
    """As acting_as does it; everything is rolled back."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('app.current_user_id', %s, true)", [person])
        connection.execute(f"SET LOCAL ROLE {role}")
        if connection.execute("SELECT to_regprocedure('app.look_up_identity()')").fetchone() != (None,):
            connection.execute("SELECT set_config('app.identity', app.look_up_identity(), true)")
        yield


def read(connection: Connection, sql: str, role: str, person: str) -> Pages:
    with acting(connection, role, person):
        options = "ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF"
        connection.execute(sql.encode())  # what is read for the first time reads the catalog too
        found = connection.execute(f"EXPLAIN ({options}, FORMAT JSON) {sql}".encode()).fetchone()
        lines = connection.execute(f"EXPLAIN ({options}) {sql}".encode()).fetchall()
    assert found is not None
    top = found[0][0]["Plan"]
    pages = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return Pages(pages, round(top["Actual Rows"]), "\n".join(line for (line,) in lines))


def ask(connection: Connection, queries: Iterable[Query], *, before: bool) -> dict[tuple[str, str], Pages]:
    found = {}
    for query in queries:
        for role in ROLES:
            all_times = read(connection, (before and query.before) or query.sql, role, query.person)
            found[query.name, role] = all_times._replace(pages=round(all_times.pages / query.times))
    return found


def write(connection: Connection, statement: str) -> tuple[float, float]:
    """Microseconds of the processor and bytes of WAL a row, the medians of three."""
    seen = []
    for _ in range(3):
        with connection.transaction(force_rollback=True):
            *first, last = statement.split("; ")
            for one in first:
                connection.execute(one.encode())
            at = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
            began = _processor(connection)
            rows = connection.execute(last.encode()).rowcount
            took = _processor(connection) - began
            wal = connection.execute(
                "SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", [at and at[0]]
            ).fetchone()
        seen.append((took / rows, float(wal[0] if wal else 0) / rows))
    times, sizes = zip(*seen, strict=True)
    return median(times), median(sizes)


def _processor(connection: Connection) -> float:
    """Microseconds that the server process of a connection has had a processor."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1000


def exported(engine: sa.Engine) -> tuple[int, int]:
    """The pages that the export of a person reads as app_user, and the rows of the export."""
    pages = rows = 0

    def explain(connection: sa.Connection, _: object, statement: str, parameters: Any, *__: object) -> None:
        nonlocal pages, rows
        driver: Any = connection.connection.driver_connection
        if "to_jsonb(t)" in statement and driver.execute("SHOW role").fetchone() == ("app_user",):
            options = "ANALYZE, BUFFERS, FORMAT JSON"
            plan = driver.execute(f"EXPLAIN ({options}) {statement}", parameters).fetchone()[0][0]["Plan"]
            pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            rows += round(plan["Actual Rows"])

    sa.event.listen(engine, "before_cursor_execute", explain)
    with engine.connect() as connection:
        for _ in export(connection, "clerk_77", APPLICATION.acting):
            pass
    return pages, rows


def measure(server: Server, scale: float, *, keep: bool) -> Result:
    result = Result(scale)
    for side, connection in zip(("before", "after"), server.databases(scale, keep=keep), strict=True):
        asked = ask(connection, QUERIES, before=side == "before")
        result.pages[side] = {key: (found.pages, found.rows) for key, found in asked.items()}
        result.writes[side] = {what: write(connection, statement) for what, statement in WRITES.items()}
        engine = sa.create_engine(server.url(connection.info.dbname).replace(":", "+psycopg:", 1))
        with engine.connect() as audited:
            result.sharding = [
                (found.check, found.object) for found in scale_findings(audited, "public.users")
            ]
        result.exported = exported(engine)
        result.plans[side] = {name: found.plan for (name, role), found in asked.items() if role == "app_user"}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, help="1 is 20,000 people; without it 0.1 and 1")
    parser.add_argument("--keep", action="store_true", help="leave the databases, take them the next time")
    parser.add_argument("--url")
    given = parser.parse_args()
    server = Server(given.url)
    scales = [given.scale] if given.scale else [0.1, 1.0]
    results = [measure(server, scale, keep=given.keep) for scale in scales]
    text = page(results)
    if given.scale:
        print(text)
        return
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    (ROOT / "docs" / "performance.svg").write_text(drawing(results[-1]), encoding="utf-8")
    plans = "\n\n".join(f"{name}\n{plan}" for name, plan in results[-1].plans["after"].items())
    (HERE.parent / "plans" / "data.txt").write_text(plans + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
