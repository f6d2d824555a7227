"""A project with an env.py of its own that calls ``environment.run``, on a database of its own."""

from __future__ import annotations

import io
from importlib.util import cache_from_source
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config

from app_schema.url import parse

ENV = """\
import sqlalchemy as sa
from alembic import context
from app_schema.migrations import environment
{before}
engine = sa.create_engine({url!r}, poolclass=sa.NullPool)
with engine.connect() as connection:
    environment.run(context, {metadata}, connection=connection, {options})
"""
METADATA = """
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), {columns})
"""
FIRST = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    {up}


def downgrade():
    pass
"""
MAKO = """\
import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision, down_revision = ${repr(up_revision)}, ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"""
TABLE = 'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True))'


class Foreign:
    """A project with one revision, on a database of its own."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.directory = directory
        (directory / "versions").mkdir()
        (directory / "script.py.mako").write_text(MAKO)
        (directory / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\npath_separator = os\n")

    def env(
        self, options: str = "", *, columns: str = "", before: str = "", metadata: str = "metadata"
    ) -> None:
        text = ENV.format(
            before=METADATA.format(columns=columns) + before,
            url=parse(self.url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False),
            metadata=metadata,
            options=options,
        )
        _write(self.directory / "env.py", text)

    def revision(self, up: str = TABLE, name: str = "0001") -> None:
        _write(self.directory / "versions" / f"{name}.py", FIRST.format(up=up))

    def run(self, name: str, *args: Any, x: tuple[str, ...] = (), **options: Any) -> str:
        config = Config(self.directory / "alembic.ini")
        config.cmd_opts = SimpleNamespace(x=list(x))  # type: ignore[assignment]  # an argparse namespace in Alembic
        config.output_buffer = config.stdout = written = io.StringIO()
        getattr(command, name)(config, *args, **options)
        return written.getvalue()

    def generated(self, **options: Any) -> str:
        """The text of the revision that autogenerate writes."""
        self.run("revision", autogenerate=True, rev_id="0002", **options)
        (file,) = self.directory.glob("versions/0002*.py")
        return file.read_text()

    def one(self, sql: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            result = connection.execute(sql.encode())
            return result.fetchone() if result.description else None


def _write(module: Path, text: str) -> None:
    """Bytecode is told from its source by second and size alone: what an earlier text left must not run."""
    module.write_text(text)
    Path(cache_from_source(str(module))).unlink(missing_ok=True)
