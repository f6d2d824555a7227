"""The same DDL as each tool wants it, and how the tool is called.

A tool that is not there is fetched into a cache directory; one that cannot be had is left out.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from databases import ROOT

NPM = ("drizzle-kit", "drizzle-orm", "pg", "node-pg-migrate", "graphile-migrate")
TEMPLATES = Path(__file__).resolve().parent / "environments"
_PROVIDED = {"BEGIN", "COMMIT"}


class Missing(Exception):  # noqa: N818 - a reason, shown beside the tool's name
    """A tool is not there and cannot be fetched."""


@dataclass(frozen=True)
class Revision:
    """A revision's statements, without guards and without the stamp."""

    name: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Tool:
    """What is run, where, and whether a second run means anything."""

    name: str
    command: tuple[str, ...]
    directory: Path
    again: bool = True


def lineage() -> list[Revision]:
    """What the revisions of this project do on an empty database, as a person would write it."""
    sys.path.append(str(ROOT))  # the checkout need not be installed
    from app_schema.migrations.dry_run import record
    from app_schema.migrations.lineage import Lineage
    from app_schema.migrations.unguarded import PlainImpl

    found = record(Lineage(), frozenset(), "head", impl=PlainImpl)
    return [Revision(one.revision, _statements(one.sql)) for one in found]


def _statements(script: str) -> tuple[str, ...]:
    lines = [line for line in script.splitlines(keepends=True) if not line.startswith("-- Running")]
    texts = (one.strip().rstrip(";") for one in "".join(lines).split(";\n\n"))
    return tuple(one for one in texts if one and one not in _PROVIDED and "alembic_version" not in one)


def psql(place: Path, revisions: Sequence[Revision]) -> Tool:
    """One file in one transaction, a statement at a time."""
    _program("psql")
    (place / "all.sql").write_text(_script(revisions))
    options = ("-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "all.sql")
    return Tool(
        "psql -1 -f", ("sh", "-c", f'exec psql {" ".join(options)} "$DATABASE_URL"'), place, again=False
    )


def one_message(place: Path, revisions: Sequence[Revision]) -> Tool:
    """Everything in one message of the simple protocol: the limit, and no tool."""
    (place / "all.sql").write_text(_script(revisions))
    return Tool(
        "one message", (sys.executable, str(TEMPLATES / "one_message.py"), "all.sql"), place, again=False
    )


def bare_pipeline(place: Path, revisions: Sequence[Revision]) -> Tool:
    """A transaction a revision through psycopg's pipeline, and nothing else: no tool either."""
    (place / "all.json").write_text(json.dumps([one.statements for one in revisions]))
    command = (sys.executable, str(TEMPLATES / "bare_pipeline.py"), "all.json")
    return Tool("bare pipeline", command, place, again=False)


def plain_alembic(place: Path, revisions: Sequence[Revision]) -> Tool:
    """Alembic's generic template, and revisions of op.execute()."""
    versions = place / "versions"
    versions.mkdir()
    below = None
    for number, one in enumerate(revisions):
        name = f"r{number:03}"  # the generic version table takes 32 characters
        lines = [f"revision = {name!r}", f"down_revision = {below!r}", "from alembic import op"]
        lines += ["from sqlalchemy import text", "", "def upgrade():"]
        lines += [f"    op.execute(text({_no_binds(text)!r}))" for text in one.statements]
        (versions / f"{name}.py").write_text("\n".join(lines) + "\n")
        below = name
    (place / "env.py").write_text((TEMPLATES / "generic_env.py").read_text())
    (place / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\npath_separator = os\n")
    return Tool("plain Alembic", (sys.executable, "-m", "alembic", "upgrade", "head"), place)


def django(place: Path, revisions: Sequence[Revision], cache: Path) -> Tool:
    """One app whose migrations are RunSQL."""
    packages = cache / "python"
    _fetch(
        packages / "django",
        [sys.executable, "-m", "pip", "install", "-q", "--target", str(packages), "django"],
    )
    migrations = place / "music" / "migrations"
    migrations.mkdir(parents=True)
    for empty in (place / "music" / "__init__.py", migrations / "__init__.py"):
        empty.touch()
    below: list[tuple[str, str]] = []
    for one in revisions:
        name = f"m{one.name}"
        text = (
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {below!r}\n"
            f"    operations = [migrations.RunSQL({list(one.statements)!r})]\n"
        )
        (migrations / f"{name}.py").write_text(text)
        below = [("music", name)]
    (place / "settings.py").write_text((TEMPLATES / "django_settings.py").read_text())
    (place / "manage.py").write_text(
        f"import sys\nsys.path.append({str(packages)!r})\n"
        "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
    )
    options = ("--settings", "settings", "-v", "0")
    return Tool("Django", (sys.executable, "manage.py", "migrate", *options), place)


def drizzle(place: Path, revisions: Sequence[Revision], cache: Path) -> Tool:
    """SQL files with a breakpoint after each statement, as drizzle-kit generates them."""
    _node(place, cache)
    out = place / "drizzle"
    (out / "meta").mkdir(parents=True)
    entries = []
    for number, one in enumerate(revisions):
        tag = f"{number:04}_{one.name}"
        (out / f"{tag}.sql").write_text(";\n--> statement-breakpoint\n".join(one.statements) + ";\n")
        entries.append({"idx": number, "version": "7", "when": number + 1, "tag": tag, "breakpoints": True})
    journal = {"version": "7", "dialect": "postgresql", "entries": entries}
    (out / "meta" / "_journal.json").write_text(json.dumps(journal))
    (place / "drizzle.config.js").write_text(
        'module.exports = { dialect: "postgresql", out: "./drizzle",\n'
        "  dbCredentials: { url: process.env.DATABASE_URL } };\n"
    )
    return Tool("drizzle-kit", _bin(place, "drizzle-kit", "migrate"), place)


def node_pg_migrate(place: Path, revisions: Sequence[Revision], cache: Path) -> Tool:
    """SQL files, each sent as one message."""
    _node(place, cache)
    directory = place / "migrations"
    directory.mkdir()
    for number, one in enumerate(revisions):
        (directory / f"{1700000000000 + number}_{one.name}.sql").write_text(_script([one]))
    return Tool("node-pg-migrate", _bin(place, "node-pg-migrate", "up", "--verbose", "false"), place)


def graphile(place: Path, revisions: Sequence[Revision], cache: Path) -> Tool:
    """Committed migrations, each with the hash of the one before."""
    _node(place, cache)
    committed = place / "migrations" / "committed"
    committed.mkdir(parents=True)
    before = ""
    for number, one in enumerate(revisions, 1):
        body = _script([one]).strip()
        digest = hashlib.sha1(((before + "\n" + body).strip() + "\n").encode()).hexdigest()  # noqa: S324 - its own
        name = f"sha1:{digest}"
        header = f"--! Previous: {before or '-'}\n--! Hash: {name}\n\n"
        (committed / f"{number:06}.sql").write_text(header + body + "\n")
        before = name
    (place / ".gmrc").write_text(json.dumps({"pgSettings": {}}))
    return Tool("graphile-migrate", _bin(place, "graphile-migrate", "migrate"), place)


def ours(_: Path, __: Sequence[Revision]) -> Tool:
    """This project, guards and lock included."""
    return Tool("ours", (sys.executable, "-m", "alembic", "upgrade", "head"), ROOT)


def every(directory: Path, cache: Path, names: Sequence[str] = ()) -> list[Tool]:
    """The tools that can be had, each in a directory of its own; the reasons for the others go to stderr."""
    revisions = lineage()
    sources: dict[str, Callable[[Path], Tool]] = {
        "ours": lambda place: ours(place, revisions),
        "plain": lambda place: plain_alembic(place, revisions),
        "message": lambda place: one_message(place, revisions),
        "pipeline": lambda place: bare_pipeline(place, revisions),
        "psql": lambda place: psql(place, revisions),
        "node": lambda place: node_pg_migrate(place, revisions, cache),
        "graphile": lambda place: graphile(place, revisions, cache),
        "drizzle": lambda place: drizzle(place, revisions, cache),
        "django": lambda place: django(place, revisions, cache),
    }
    found = []
    for name, make in sources.items():
        if names and name not in names:
            continue
        place = directory / name
        place.mkdir()
        try:
            found.append(make(place))
        except Missing as reason:
            sys.stderr.write(f"{name} is left out: {reason}\n")
    return found


def _script(revisions: Sequence[Revision]) -> str:
    return "".join(f"{text};\n" for one in revisions for text in one.statements)


def _no_binds(text: str) -> str:
    """As sa.text() must be given it: a colon before a word is no parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", text)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"there is no {name}")
    return found


def _fetch(made: Path, command: Sequence[str], cwd: Path | None = None) -> None:
    if made.exists():
        return
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode or not made.exists():
        raise Missing((done.stderr or done.stdout).strip()[-300:])


def _node(place: Path, cache: Path) -> None:
    home = cache / "node"
    home.mkdir(parents=True, exist_ok=True)
    _program("node")
    _fetch(
        home / "node_modules" / ".bin" / "graphile-migrate",
        [_program("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(home), *NPM],
        home,
    )
    (place / "node_modules").symlink_to(home / "node_modules")


def _bin(place: Path, name: str, *arguments: str) -> tuple[str, ...]:
    return (str(place / "node_modules" / ".bin" / name), *arguments)
