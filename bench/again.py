"""The cost of a second run of policies, against the first run: 1,000 and 5,000, on few and on many tables.

    python bench/again.py
    python bench/again.py --policies 1000 --tables 10 --runs 3

A revision creates the tables, the next revision the policies; then its stamp is removed, and it runs again.
Seconds are medians of `alembic upgrade head` without the start of the process. The server is --url, else
TEST_DATABASE_URL, else the embedded one. Exit code 1: the second run costs more than the first one.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa
from databases import Server

MOST = 1.1
"""How many times the first run the second one may cost."""
HEAD = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = {0!r}, {1!r}


def upgrade():
"""
TABLES = """\
    for number in range({tables}):
        columns = sa.Column("id", sa.Integer), sa.Column("person", sa.Text), sa.Column("open", sa.Boolean)
        op.create_table(f"t{{number}}", *columns, schema="public")
"""
POLICIES = """\
    for number in range({policies}):
        using = f"person = current_setting('app.person', true) OR open AND id > {{number}}"
        table = f"t{{number * {tables} // {policies}}}"
        op.create_policy(f"p{{number}}", table, for_="SELECT", using=using, schema="public")
"""


def lineage(directory: Path, policies: int, tables: int) -> None:
    """The two revisions."""
    for name, below, body in (("r0", None, TABLES), ("r1", "r0", POLICIES)):
        text = HEAD.format(name, below) + body.format(policies=policies, tables=tables)
        (directory / f"{name}.py").write_text(text)


def upgrade(directory: Path, url: sa.URL, revision: str) -> float:
    """Seconds of the command."""
    from alembic import command

    from app_schema.migrations import config

    os.environ["DATABASE_URL"] = url.set(drivername="postgresql").render_as_string(hide_password=False)
    chosen = config()
    chosen.set_main_option("version_locations", str(directory))
    chosen.attributes["configure_logger"] = False
    chosen.cmd_opts = SimpleNamespace(x=[])  # type: ignore[assignment]  # an argparse namespace
    begun = time.perf_counter()
    command.upgrade(chosen, revision)
    return time.perf_counter() - begun


def measure(server: Server, policies: int, tables: int, runs: int) -> tuple[list[float], list[float]]:
    """The first runs, and the second ones."""
    first, again = [], []
    with tempfile.TemporaryDirectory() as name:
        lineage(Path(name), policies, tables)
        for _ in range(runs):
            with server.database("again") as url:
                upgrade(Path(name), url, "r0")
                first.append(upgrade(Path(name), url, "r1"))
                engine = sa.create_engine(url, poolclass=sa.NullPool)
                with engine.begin() as connection:
                    connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r0'")
                again.append(upgrade(Path(name), url, "r1"))
    return first, again


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--url", default=os.environ.get("TEST_DATABASE_URL"), help="else TEST_DATABASE_URL, else embedded")
    add("--policies", type=int, nargs="+", default=[1000, 5000])
    add("--tables", type=int, nargs="+", default=[10, 500])
    add("--runs", type=int, default=3)
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the databases go
    options = arguments()
    server = Server(options.url)
    print(f"PostgreSQL {server.version}, {os.cpu_count()} processors; medians of {options.runs} runs\n")
    print("| policies | tables | first s | again s | times |\n|---:|---:|---:|---:|---:|")
    worst = 0.0
    for policies in options.policies:
        for tables in options.tables:
            first, again = map(statistics.median, measure(server, policies, tables, options.runs))
            print(f"| {policies} | {tables} | {first:.2f} | {again:.2f} | {again / first:.2f} |", flush=True)
            worst = max(worst, again / first)
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
