"""Every string sent is one statement, and the four errors of the old system cannot be provoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from lineage import catalog, revisions, statements

from app_schema.catalog import diff
from app_schema.migrations import setup
from app_schema.migrations.impl import guarded

pytestmark = pytest.mark.part(of=6)

setup()

OUTSIDE = {"BEGIN", "COMMIT"}


def test_lineage_passes_the_extended_protocol_twice(
    empty_url: str, database_url: str, lineage_script: tuple[str, list[str]]
) -> None:
    script = [other for other in statements(lineage_script[0]) if other not in OUTSIDE]
    assert len(script) > 19 * 5, "the whole lineage"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for _ in range(2):
            for statement in script:
                # binary results need the extended protocol, and that takes one statement only
                connection.execute(statement, binary=True, prepare=False)
    assert diff(catalog(database_url), catalog(empty_url)) == []


def test_two_statements_do_not_pass_the_extended_protocol(empty_url: str) -> None:
    with (
        psycopg.connect(empty_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.SyntaxError, match="multiple commands"),
    ):
        connection.execute("SELECT 1; SELECT 2", binary=True)


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("CREATE TYPE public.x AS ENUM ('a')", lambda op: op.create_enum("x", ["a"], schema="public")),
        (
            "CREATE TABLE public.y (id int); CREATE INDEX x ON public.y (id)",
            lambda op: op.create_index("x", "y", ["id"], schema="public"),
        ),
        (
            (
                "CREATE TABLE public.y (id int); CREATE FUNCTION public.f() RETURNS trigger "
                "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
                "CREATE TRIGGER x BEFORE UPDATE ON public.y FOR EACH ROW EXECUTE FUNCTION public.f()"
            ),
            lambda op: op.create_trigger("x", "y", before="UPDATE", execute="public.f()", schema="public"),
        ),
    ],
    ids=["type already exists", "relation already exists", "trigger for relation already exists"],
)
def test_already_exists_is_no_error(
    empty_engine: sa.Engine, before: str, call: Callable[[Any], None]
) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(before)
        call(Operations(guarded(MigrationContext.configure(connection))))


def test_every_revision_is_in_the_script(lineage_script: tuple[str, list[str]]) -> None:
    script, _ = lineage_script
    assert [revision for revision in revisions() if f"'{revision}'" not in script] == []
