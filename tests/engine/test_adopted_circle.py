"""Rows are copied into a new database whose tables refer to each other, and whose names need quotes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from app_schema import ddl
from app_schema.adoption.choices import Choices, MoveRows
from app_schema.adoption.copying import Copying
from app_schema.adoption.look import Look, look
from app_schema.adoption.rules import broken
from app_schema.application import Application
from app_schema.errors import DifferentError
from app_schema.loss import reading
from app_schema.migrations.progress import progress
from app_schema.testing.plugin import CreateDatabase

OLD = """
CREATE TABLE "he.n %s" (id integer PRIMARY KEY, "an egg" integer, "n 1" text, "select" integer);
CREATE TABLE egg (id integer PRIMARY KEY, "he""n" integer);
CREATE TABLE nest (id integer PRIMARY KEY, egg integer);
INSERT INTO "he.n %s" VALUES (1, 2, '5f0c1f4e-53a7-4e3c-8a43-1f6f1d1d7a10', 1), (2, NULL, NULL, 2);
INSERT INTO egg VALUES (1, 1), (2, 2);
INSERT INTO nest VALUES (1, 2)"""
KEYS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
FIRED = "SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal"
ROWS = 'SELECT id, "an egg", "n 1"::text, "select" FROM "he.n %s" ORDER BY id'


def declared() -> sa.MetaData:
    """Hens and eggs refer to each other; a nest has a deferred key and a trigger that skips rows."""
    metadata = sa.MetaData()
    key = ("id", sa.Integer)
    hen = sa.Table(
        "he.n %s",
        metadata,
        sa.Column(*key, primary_key=True, autoincrement=False),
        sa.Column("an egg", sa.Integer),
        sa.Column("n 1", sa.Uuid),
        sa.Column("select", sa.Integer),
        sa.CheckConstraint('"select" > 0 AND "n 1" IS NOT NULL OR "an egg" IS NULL', name="ck n"),
    )
    egg = sa.Table(
        "egg",
        metadata,
        sa.Column(*key, primary_key=True, autoincrement=False),
        sa.Column('he"n', sa.Integer),
        sa.ForeignKeyConstraint(['he"n'], [hen.c.id], name="its hen"),
    )
    hen.append_constraint(sa.ForeignKeyConstraint(["an egg"], [egg.c.id], name="hen's egg"))
    sa.Table(
        "nest",
        metadata,
        sa.Column(*key, primary_key=True, autoincrement=False),
        sa.Column("egg", sa.Integer),
        sa.ForeignKeyConstraint(["egg"], [egg.c.id], name="nest", deferrable=True, initially="DEFERRED"),
        ddl.Trigger("never", before="INSERT", execute="public.never()"),
    )
    never = ddl.Function("never", "BEGIN RETURN NULL; END", returns="trigger", schema="public")
    ddl.attach(metadata, never)
    return metadata


@contextmanager
def looking(url: str, app: Application, choices: Choices) -> Iterator[Look]:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield look(connection, app, choices)
    engine.dispose()


def copied(url: str, new: str, app: Application, choices: Choices | None = None) -> list[tuple[str, int]]:
    with (
        looking(url, app, choices or Choices()) as compared,
        reading(compared.connection, app),
        psycopg.connect(new, autocommit=True) as target,
        progress(3, terminal=False) as bar,
    ):
        copying = Copying(compared, target)
        tables = copying.run(bar)
        copying.confirm(copying.source)
        return [(table.table, table.rows) for table in tables]


def test_a_circle_is_copied_with_deferred_keys_that_are_as_before(create_database: CreateDatabase) -> None:
    url, new = create_database(), create_database()
    app = Application(name="hens", declared=declared(), configuration="none")
    engine = sa.create_engine(new.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    app.metadata.create_all(engine)
    with psycopg.connect(url) as old, psycopg.connect(new) as there:
        old.execute(OLD.encode())
        keys = there.execute(KEYS.encode()).fetchall()
    for _ in range(2):
        assert sorted(copied(url, new, app)) == [("public.egg", 2), ("public.he.n %s", 2), ("public.nest", 1)]
    with psycopg.connect(url) as old, psycopg.connect(new) as there:
        assert there.execute(KEYS.encode()).fetchall() == keys
        assert there.execute(FIRED.encode()).fetchall() == [("O",)]
        assert there.execute(ROWS.encode()).fetchall() == old.execute(ROWS.encode()).fetchall()
        there.execute('TRUNCATE egg, "he.n %s", nest')
        old.execute('UPDATE "he.n %s" SET "an egg" = 9 WHERE id = 1')
    with pytest.raises(DifferentError, match=r"he.n %s cannot be copied: .*\"hen's egg\""):
        copied(url, new, app)
    with psycopg.connect(new) as there:
        assert there.execute(KEYS.encode()).fetchall() == keys
        assert there.execute(ROWS.encode()).fetchall() == []
    with looking(url, app, Choices()) as compared:
        (rule,) = broken(compared)
        assert (rule.kind, rule.rows, rule.columns) == ("foreign key", 1, ("an egg",))
    moved = MoveRows("public.he.n %s", "id = 1")
    with looking(url, app, Choices(mends=(moved,))) as compared:
        assert [(rule.object, rule.rows) for rule in broken(compared)] == [
            ("constraint its hen on public.egg", 1)
        ]
    engine.dispose()
