"""What an env.py begins with ``begin_transaction()`` is one transaction, which ends with the block."""

from __future__ import annotations

import time

import pytest
from alembic.util import CommandError
from foreign_project import FIRST, TABLE, Foreign

from app_schema.url import parse

ENV = """\
import sqlalchemy as sa
from app_schema.migrations import context

with sa.create_engine({url!r}, poolclass=sa.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        {before}
        context.run_migrations()
        {after}
"""
DEFERRED = """\
op.execute("CREATE TABLE u (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    op.execute("INSERT INTO u VALUES (7)")"""


@pytest.mark.parametrize("before", ["", "context.execute('SELECT 1')"], ids=["alone", "with a statement"])
@pytest.mark.parametrize(
    ("second", "after", "said"),
    [
        ("op.execute('SELECT 1 / 0')", "", "0002.py, line 8: division by zero"),
        (DEFERRED, "", "violates foreign key constraint"),
        ("pass", "len(7)", "has no len"),
        ("pass", "context.execute('SELECT 1 / 0')", "division by zero"),
    ],
    ids=["a revision", "the commit", "code of env.py", "a statement of env.py"],
)
def test_what_fails_undoes_all_revisions(
    foreign: Foreign, before: str, second: str, after: str, said: str
) -> None:
    url = parse(foreign.url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    (foreign.directory / "env.py").write_text(ENV.format(url=url, before=before, after=after))
    foreign.revision(TABLE)
    text = FIRST.format(up=second).replace('"0001", None', '"0002", "0001"')
    (foreign.directory / "versions" / "0002.py").write_text(text)
    with pytest.raises(Exception, match=said) as caught:
        foreign.run("upgrade", "head")
    assert isinstance(caught.value, CommandError) == (not after)
    assert foreign.one("SELECT to_regclass('t'), to_regclass('alembic_version')") == (None, None)
    for _ in range(200):  # a backend ends a moment after its client has closed the connection
        others = foreign.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        if others == (1,):
            break
        time.sleep(0.05)
    assert others == (1,)
