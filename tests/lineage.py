"""Alembic's commands on a database of a test, and the lineage's revisions in order."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from app_schema import database
from app_schema.catalog import Snapshot, snapshot
from app_schema.migrations import config


def revisions() -> list[str]:
    """The revisions from base to head."""
    script = ScriptDirectory.from_config(config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def head() -> str:
    """The last revision."""
    return revisions()[-1]


class Alembic:
    """Alembic's commands against one URL, with ``-x autocommit=true`` or without, and others in ``x``."""

    def __init__(
        self,
        url: str,
        *,
        autocommit: bool = False,
        versions: Path | None = None,
        alone: bool = False,
        x: tuple[str, ...] = (),
    ) -> None:
        self.url = url
        self.x = x
        self.autocommit = autocommit
        self.versions = versions
        self.alone = alone  # these versions are a lineage of their own

    def __call__(self, name: str, *args: Any, **options: Any) -> str:
        """Runs ``alembic name args`` and returns what it wrote."""
        written = io.StringIO()
        given: Mapping[str, Any] = {"x": [*self.x, *(["autocommit=true"] if self.autocommit else [])]}
        chosen = config()
        chosen.cmd_opts = SimpleNamespace(**given)  # type: ignore[assignment]  # an argparse namespace in Alembic
        chosen.output_buffer = chosen.stdout = written
        chosen.attributes["configure_logger"] = False
        if self.versions is not None:
            own = Path(chosen.get_main_option("script_location") or "") / "versions"
            places = [self.versions] if self.alone else [own, self.versions]
            chosen.set_main_option("version_locations", os.pathsep.join(map(str, places)))
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", self.url)
            environment.delenv("DIRECT_DATABASE_URL", raising=False)
            getattr(command, name)(chosen, *args, **options)
        return written.getvalue()


def stamp(url: str, revision: str) -> None:
    """Says that the database is at a revision, without running it."""
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM public.alembic_version")
        if revision != "base":
            connection.execute("INSERT INTO public.alembic_version VALUES (%s)", [revision])


def catalog(url: str) -> Snapshot:
    """Everything in the database but Alembic's own table."""
    engine = database.engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return snapshot(connection)


def statements(script: str) -> list[str]:
    """The statements of a ``--sql`` script: each ends with a semicolon and an empty line."""
    lines = [line for line in script.splitlines(keepends=True) if not line.startswith("-- Running")]
    return [part.strip() for part in "".join(lines).split(";\n\n") if part.strip()]


def unfolded(url: str, script: list[str]) -> list[str]:
    """The statements of a script with what its calls execute in place of them, and without its prologue."""
    found: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        for text in script:
            if text.startswith("CREATE OR REPLACE"):
                connection.execute(text.encode())
            elif text.startswith("CALL pg_temp.run("):
                call = f"SELECT {text.removeprefix('CALL pg_temp.run')}"
                found += [row[0] for row in connection.execute(call.encode())]
            else:
                found.append(text)
    return found
