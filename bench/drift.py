"""What is seen of every kind of drift, and what is mended: ours, plain Alembic, and pg-delta if it is there.

    python bench/drift.py                          # all cases
    python bench/drift.py --only publication --errors
    python bench/drift.py --pg-delta "npx pgdelta" # a program with the command plan

For each case: "s" a comparison sees the drift, "n" it names the object, "m" the generated revision mends it,
"t" it runs twice, "b" its downgrade, twice, leads back to the same pg_dump.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from databases import ROOT, Server

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine" / "drift"), str(ROOT)]

if TYPE_CHECKING:
    from drift import Drift
    from measuring import Measured

_SUBSCRIPTIONS = """\
SELECT s.subname FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid
 WHERE d.datname = current_database()"""
Tool = Callable[[sa.Engine, "Drift"], "Measured"]
_LETTERS = "snmtb"
_WORDS = ("seen", "named", "mended", "twice", "back")


def main() -> None:
    """Prints a line a case and the sums; exit code 1 where a case of ours is not even seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="the server; by default the embedded one")
    parser.add_argument("--only", default="", help="cases whose name matches this")
    parser.add_argument("--ours", action="store_true", help="no other tools")
    parser.add_argument("--errors", action="store_true", help="say why something is not mended")
    parser.add_argument("--pg-delta", dest="delta", help="how pg-delta is called")
    given = parser.parse_args()
    from drifts import DRIFTS
    from measuring import ours, plain

    tools: dict[str, Tool] = {"ours": ours}
    if not given.ours:
        tools["plain"] = plain
        if given.delta:
            tools["pg-delta"] = _delta(shlex.split(given.delta))
    server = Server(given.url)
    version = int(str(server.version).partition(".")[0])
    chosen = {
        name: one for name, one in DRIFTS.items() if re.search(given.only, name) and one.since <= version
    }
    print(f"{'PostgreSQL ' + str(version):44}", *(f"{tool:9}" for tool in tools))
    found: dict[str, list[Measured]] = {tool: [] for tool in tools}
    for name, drift in chosen.items():
        for tool, measure in tools.items():
            found[tool].append(_run(server, measure, drift))
        last = {tool: measured[-1] for tool, measured in found.items()}
        print(f"{name:44}", *(f"{_letters(one):9}" for one in last.values()), flush=True)
        if given.errors and last["ours"].error:
            print("    ", " ".join(last["ours"].error.split())[:700])
    for number, word in enumerate(_WORDS):
        sums = (sum(one.answers[number] for one in measured) for measured in found.values())
        print(f"{word:44}", *(f"{f'{total} of {len(chosen)}':9}" for total in sums))
    sys.exit(not all(one.seen for one in found["ours"]))


def _letters(measured: Measured) -> str:
    answers = zip(_LETTERS, measured.answers, strict=True)
    return "".join(letter if yes else "-" for letter, yes in answers)


def _run(server: Server, measure: Tool, drift: Drift) -> Measured:
    with server.database("drift") as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        _make(engine, drift)
        found = measure(engine, drift)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in connection.scalars(sa.text(_SUBSCRIPTIONS)).all():
                connection.exec_driver_sql(f"DROP SUBSCRIPTION {name}")  # it would keep the database
        return found


def _make(engine: sa.Engine, drift: Drift) -> None:
    from drift import common
    from measuring import execute

    with engine.begin() as connection:
        common().create_all(connection)
    execute(engine, drift.base)


def _delta(command: list[str]) -> Tool:
    """pg-delta compares with a second database that has what is declared; it has no way back."""
    from measuring import Measured, dumped, execute

    def measure(engine: sa.Engine, drift: Drift) -> Measured:
        found = Measured()
        wanted = engine.url.set(database=f"{engine.url.database}_wanted")
        admin = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {wanted.database} TEMPLATE template0")
        try:
            _make(sa.create_engine(wanted, poolclass=sa.NullPool), drift)
            execute(engine, drift.sql)
            script = _plan(command, engine.url, wanted)
            found.seen, found.named = bool(script), drift.word.lower() in script.lower()
            execute(engine, script)
            found.mended = found.seen and not _plan(command, engine.url, wanted)
            mended = dumped(engine)
            execute(engine, script)
            found.twice = found.mended and dumped(engine) == mended
        except Exception as error:  # noqa: BLE001 - any failure of a tool is an answer
            found.error = str(error)
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {wanted.database} WITH (FORCE)")
        return found

    return measure


def _plan(command: list[str], source: sa.URL, wanted: sa.URL) -> str:
    with tempfile.TemporaryDirectory() as directory:
        plan, script = Path(directory) / "plan.json", Path(directory) / "plan.sql"
        # its parser needs a host before the socket's directory in the query
        parts: dict[str, Any] = {"drivername": "postgresql", "host": source.host or "localhost"}
        urls = [url.set(**parts).render_as_string(hide_password=False) for url in (source, wanted)]
        for options in (
            ["plan", "--source", urls[0], "--desired", urls[1], "--out", str(plan)],
            ["render", "--plan", str(plan), "--out", str(script), "--allow-drops"],
        ):
            subprocess.run([*command, *options], check=False, capture_output=True, timeout=60)
        scripts = sorted(Path(directory).glob("*.sql"))
        return "\n".join(file.read_text(encoding="utf-8") for file in scripts)


if __name__ == "__main__":
    main()
