"""A history that asks the database needs no more round trips than with plain Alembic."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from foreign_project import Foreign

from app_schema.url import parse

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from proxy import Proxy  # type: ignore[import-not-found,unused-ignore]  # a script, no package

ENV = """\
import sqlalchemy as sa
{context}

with sa.create_engine({url!r}, poolclass=sa.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """\
import sqlalchemy as sa
from alembic import op

revision, down_revision = {revision!r}, {down!r}


def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Integer()))
    {asked}
    op.add_column("{table}", sa.Column("more", sa.Integer()))


def downgrade():
    pass
"""
ASKED = {
    "a query": 'assert op.get_bind().execute(sa.text("SELECT 1")).scalar() == 1',
    "an inspector": 'assert sa.inspect(op.get_bind()).has_table("{table}")',
    "the driver's cursor": (
        'assert op.get_bind().connection.cursor().execute("SELECT count(*) FROM {table}").fetchone() == (0,)'
    ),
    "rows": 'op.get_bind().execute(sa.text("INSERT INTO {table} VALUES (1)"))',
    "the bind alone": "op.get_bind()",
}
REVISIONS = 5


@pytest.mark.parametrize("asked", ASKED)
def test_revision_that_asks_the_database_takes_no_more_round_trips(
    create_database: Callable[[], str], server_url: str, tmp_path: Path, asked: str
) -> None:
    counts = {}
    target = parse(server_url)
    host = str(target.query.get("host", target.host))
    place = (
        f"{host}/.s.PGSQL.{target.port or 5432}" if host.startswith("/") else f"{host}:{target.port or 5432}"
    )
    for name, module in (("plain", "alembic"), ("ours", "app_schema.migrations")):
        (tmp_path / name).mkdir()
        with Proxy(place) as proxy:
            url = parse(create_database()).set(
                drivername="postgresql+psycopg", host=proxy.host, port=proxy.port, query={}
            )
            project = Foreign("", tmp_path / name)
            text = ENV.format(
                context=f"from {module} import context", url=url.render_as_string(hide_password=False)
            )
            (tmp_path / name / "env.py").write_text(text)
            for number in range(REVISIONS):
                revision = REVISION.format(
                    revision=f"r{number}",
                    down=f"r{number - 1}" if number else None,
                    table=f"t{number}",
                    asked=ASKED[asked].format(table=f"t{number}"),
                )
                (tmp_path / name / "versions" / f"r{number}.py").write_text(revision)
            project.run("upgrade", "head")
            counts[name] = proxy.counts().round_trips
    assert counts["ours"] <= counts["plain"], counts
