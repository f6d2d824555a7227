"""A database that a dump restored: PostgreSQL prints some expressions there in another way than here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from autogen import operations_on
from lineage import Alembic, catalog, stamp

from app_schema import database, embedded
from app_schema.catalog import diff
from app_schema.errors import DifferentError
from app_schema.mued.factories import RowFactory
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6, among="long")

Restore = Callable[[str], str]


@pytest.fixture
def restored(databases: Databases) -> Iterator[Restore]:
    """A function that copies a database with ``pg_dump | psql`` and gives the URL of the copy."""
    made: list[str] = []

    def copy(url: str) -> str:
        dump, psql = (str(embedded.program(name) or shutil.which(name)) for name in ("pg_dump", "psql"))
        text = subprocess.run([dump, f"--dbname={url}"], capture_output=True, text=True, check=False)
        if text.returncode != 0 and "version mismatch" in text.stderr:
            pytest.skip("there is no pg_dump of this server's version here")
        assert text.returncode == 0, text.stderr
        made.append(databases.create())
        other = databases.url(made[-1])
        command = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={other}"]
        # a pg_dump of 17 or later sets what an older server does not know
        script = re.sub(r"^SET transaction_timeout = 0;\n", "", text.stdout, flags=re.MULTILINE)
        subprocess.run(command, input=script, capture_output=True, text=True, check=True)
        return other

    yield copy
    for name in made:
        databases.drop(name)


def test_lineage_runs_again_on_a_restored_database(
    databases: Databases, template: str, restored: Restore
) -> None:
    name = databases.create(template)
    engine = database.engine(databases.url(name))
    with sa.orm.Session(engine) as session:
        for factory in RowFactory.of.values():
            factory.create(session)
        session.commit()
    engine.dispose()
    url = restored(databases.url(name))
    before = catalog(url)
    stamp(url, "base")
    Alembic(url)("upgrade", "head")
    assert diff(before, catalog(url)) == []
    Alembic(url)("check")
    databases.drop(name)


CONDITION = (
    "s IN ('x', 'y') AND (n BETWEEN 0 AND 9 AND (n <> 5 AND n IS NOT NULL)) AND t = ANY (ARRAY[s, 'z'])"
)
COLUMNS = (
    sa.Column("s", sa.String, server_default=sa.text("(ARRAY['a', 'b']::varchar[])[1]")),
    sa.Column("n", sa.Integer),
    sa.Column("t", sa.Text),
    sa.Column("g", sa.Boolean, sa.Computed("s IN ('x', 'y') AND (n > 1 AND n < 9)", persisted=True)),
)


def _revision(op: Any) -> None:
    """Every kind of object that has an expression."""
    op.create_domain("few", "varchar CONSTRAINT d CHECK (VALUE IN ('x', 'y'))", schema="public")
    check = sa.CheckConstraint(CONDITION, name="ck")
    op.create_table("t", *(column._copy() for column in COLUMNS), check, schema="public")
    op.create_check_constraint("ck2", "t", f"NOT ({CONDITION})", schema="public", postgresql_not_valid=True)
    op.create_table_constraint("ck3", "t", f"CHECK ({CONDITION}) NOT VALID", schema="public")
    op.add_column(
        "t", sa.Column("more", sa.Boolean, sa.Computed("s IN ('x', 'y')", persisted=True)), schema="public"
    )
    op.create_index(
        "ix", "t", [sa.text("(s IN ('x', 'y'))")], postgresql_where=sa.text(CONDITION), schema="public"
    )
    op.create_function("f", "BEGIN RETURN NEW; END", returns="trigger", language="plpgsql", schema="public")
    op.create_trigger(
        "tr", "t", before="UPDATE", when="NEW.s IN ('x', 'y')", execute="public.f()", schema="public"
    )
    op.create_policy("p", "t", using=CONDITION, with_check="s IN ('x', 'y')", schema="public")
    op.create_view("v", f"SELECT s FROM public.t WHERE {CONDITION}", schema="public")
    op.create_view("m", f"SELECT s FROM public.t WHERE {CONDITION}", materialized=True, schema="public")


def _later(op: Any) -> None:
    """Statements with an old side, which is printed too."""
    old = {"using": CONDITION, "with_check": "s IN ('x', 'y')"}
    op.replace_policy("p", "t", using=f"NOT ({CONDITION})", old=old, schema="public")
    default = sa.text("(ARRAY['a', 'b']::varchar[])[1]")
    op.alter_column("t", "s", server_default=None, existing_server_default=default, schema="public")


def test_every_kind_is_equal_after_a_dump(empty_engine: sa.Engine, empty_url: str, restored: Restore) -> None:
    with operations_on(empty_engine) as op:
        _revision(op)
    url = restored(restored(empty_url))
    engine = database.engine(url)
    before = catalog(url)
    assert diff(before, catalog(empty_url)) != [], "there is something in another print"
    for _ in range(2):
        with operations_on(engine) as op:
            _revision(op)
    assert diff(before, catalog(url)) == []
    for _ in range(2):
        with operations_on(engine) as op:
            _later(op)
    engine.dispose()


def test_another_meaning_is_refused_after_a_dump(
    empty_engine: sa.Engine, empty_url: str, restored: Restore
) -> None:
    with operations_on(empty_engine) as op:
        _revision(op)
    engine = database.engine(restored(empty_url))
    other = CONDITION.replace("AND (n BETWEEN", "OR (n BETWEEN")
    with pytest.raises(DifferentError, match="ck2"), operations_on(engine) as op:
        op.create_check_constraint("ck2", "t", f"NOT ({other})", schema="public")
    with pytest.raises(DifferentError, match="policy p"), operations_on(engine) as op:
        op.create_policy("p", "t", using=CONDITION, with_check="s IN ('x', 'z')", schema="public")
    engine.dispose()
