"""Commands run in this process, on databases in four states: fresh, full, broken, and none at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from app_schema import database
from app_schema import url as urls
from app_schema.cli import app
from app_schema.database import connect, engine
from app_schema.mued.seed import seed
from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

Run = Callable[..., str]

ROOT = Path(__file__).parents[3]
NOWHERE = "postgresql://someone:s3cret@127.0.0.1:1/nowhere"

_VOLATILE = (
    (re.escape(str(ROOT)), "CHECKOUT"),
    (r"PostgreSQL \d+\.\d+( \([^)]*\))?", "PostgreSQL N.N"),
    (r"\d+\.\d+ ms", "N ms"),
    (r"embedded server under \S+", "embedded server under DIRECTORY"),
    (r"(?m)^(app_schema: database DATABASE), role \w+, host \S+, ", r"\1, role ROLE, host HOST, "),
    (r"\d+ statements?, \d+\.\d+ s", "N statements, N s"),
    (r"\b(vector|pg_trgm|btree_gist) [\d.]+", r"\1 N"),
    (r"(?m)^(role +)\w+ \(.*\)$", r"\1ROLE"),
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against a database, and gives exit code, stdout and stderr as one text."""
    monkeypatch.chdir(tmp_path)  # no .env of yours
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(database.connect.__kwdefaults__, "tries", 1)  # type: ignore[arg-type]

    def run(url: str, *arguments: str) -> str:
        monkeypatch.setenv("DATABASE_URL", url)
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        out, err = settled(result.stdout, url), settled(result.stderr, url)
        assert "s3cret" not in out + err
        return f"exit code {result.exit_code}\n--- stdout\n{out}--- stderr\n{err}"

    return run


def token(said: str) -> str:
    """The token that a refusal asks for."""
    found = re.search(r"--confirm (\w+)", said)
    assert found, said
    return found[1]


@pytest.fixture(scope="session")
def seeded(databases: Databases, template: str) -> str:
    """The name of a database at the newest revision with the sample rows; copy it, never connect to it."""
    name = databases.create(template)
    with connect(engine(databases.url(name), direct=True)) as connection:
        seed(connection)
        connection.commit()
    return name


@pytest.fixture
def full_url(create_database: CreateDatabase, seeded: str) -> str:
    """A database at the newest revision with the sample rows."""
    return create_database(seeded)


@pytest.fixture
def broken_url(database_url: str) -> str:
    """A database at the newest revision in which somebody has worked by hand."""
    tamper(database_url)
    return database_url


@pytest.fixture(scope="session")
def states(databases: Databases, template: str, seeded: str) -> dict[str, str]:
    """A fresh, a full and a broken database for commands that change nothing; never change them."""
    urls = {
        "fresh": databases.url(databases.create()),
        "full": databases.url(databases.create(seeded)),
        "broken": databases.url(databases.create(template)),
    }
    tamper(urls["broken"])
    return urls


def tamper(url: str) -> None:
    """Undeclared changes by hand."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TRIGGER tr_users_touch ON public.users")
        connection.execute("ALTER TABLE public.users DROP CONSTRAINT ck_users_role")
        connection.execute("ALTER TABLE public.users ADD CONSTRAINT ck_users_role CHECK (role <> '')")
        connection.execute("CREATE TABLE public.left_over (id int)")
        connection.execute("DROP TABLE public.webhook_events")


def data(said: str) -> Any:
    """The document that a command with `--json` printed."""
    return json.loads(said.partition("--- stdout\n")[2].partition("--- stderr")[0])


def settled(text: str, url: str) -> str:
    """Without the names and versions that differ from server to server and from run to run."""
    shown = urls.parse(url)
    text = text.replace(urls.show(shown), "URL").replace(str(ROOT), "CHECKOUT")
    for name, value in (("DATABASE", shown.database), ("HOST", shown.host or shown.query.get("host"))):
        text = text.replace(value if isinstance(value, str) else "\0", name)
    for pattern, replacement in _VOLATILE:
        text = re.sub(pattern, replacement, text)
    return text
