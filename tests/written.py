"""Revisions that a test writes, and the commands that run them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from app_schema.migrations import config

TABLE = """
    op.create_table(
        "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text),
        sa.Column("b", sa.Integer), schema="public",
    )
"""
"""The code that creates a table of three columns."""
AUTOCOMMIT = ("autocommit=true",)
HEAD = """\
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{up}


def downgrade() -> None:
{down_body}
"""


@dataclass
class Written:
    """A lineage in a folder of its own; each body is the code of one ``upgrade()``."""

    path: Path
    revisions: list[str] = field(default_factory=list)

    def add(
        self,
        up: str,
        down: str = "pass",
        *,
        revision: str | None = None,
        after: str | tuple[str, ...] | None = None,
    ) -> str:
        """Adds a revision behind the last one, or behind those named."""
        name = revision or f"r{len(self.revisions) + 1}"
        text = HEAD.format(
            revision=name,
            down=after or (self.revisions[-1] if self.revisions else None),
            up=textwrap.indent(textwrap.dedent(up).strip(), "    "),
            down_body=textwrap.indent(textwrap.dedent(down).strip(), "    "),
        )
        (self.path / f"{name}.py").write_text(text, encoding="utf-8")
        self.revisions.append(name)
        return name

    def config(self, x: Sequence[str] = ()) -> Config:
        chosen = config()
        chosen.set_main_option("version_locations", str(self.path))
        chosen.attributes["configure_logger"] = False
        chosen.cmd_opts = SimpleNamespace(x=list(x))  # type: ignore[assignment]  # an argparse namespace
        return chosen

    def ini(self) -> Path:
        """A file for ``alembic -c``."""
        own = config()
        text = Path(own.config_file_name or "").read_text(encoding="utf-8")
        text = text.replace("%(here)s/alembic", str(Path(own.get_main_option("script_location") or "")))
        written = self.path / "alembic.ini"
        written.write_text(
            text.replace("[alembic]\n", f"[alembic]\nversion_locations = {self.path}\n", 1), encoding="utf-8"
        )
        return written

    def upgrade(self, url: str, revision: str = "head", *, x: Sequence[str] = ()) -> None:
        self._run("upgrade", url, revision, x)

    def downgrade(self, url: str, revision: str = "base", *, x: Sequence[str] = ()) -> None:
        self._run("downgrade", url, revision, x)

    def _run(self, name: str, url: str, revision: str, x: Sequence[str]) -> None:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", url)
            environment.delenv("DIRECT_DATABASE_URL", raising=False)
            getattr(command, name)(self.config(x), revision)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def one(url: str, query: str) -> object:
    return rows(url, query)[0][0]


def heads(url: str) -> list[object]:
    return [name for (name,) in rows(url, "SELECT version_num FROM public.alembic_version")]


def table(name: str, columns: str = "sa.Column('id', sa.Integer())") -> str:
    return f"op.create_table({name!r}, {columns}, schema='public')"


def leftovers(url: str) -> int:
    """Advisory locks and open transactions of migrations in this database."""
    found = one(
        url,
        "SELECT count(*) FROM pg_stat_activity AS a WHERE a.datname = current_database() "
        "AND a.pid <> pg_backend_pid() AND (a.state LIKE 'idle in transaction%' OR EXISTS "
        "(SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory'))",
    )
    assert isinstance(found, int)
    return found
