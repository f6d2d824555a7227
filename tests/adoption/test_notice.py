"""A database of another system is noticed, and nothing in it changes."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from lineage import Alembic, catalog
from typer.testing import CliRunner

from app_schema import database
from app_schema.cli import app
from app_schema.errors import DifferentError
from app_schema.migrations import upgrade

pytestmark = pytest.mark.part(of=6)

COMMANDS = ("connect", "status", "plan", "upgrade", "verify")


def test_each_command_names_adopt_and_changes_nothing(old_url: str) -> None:
    before = catalog(old_url)
    for command in COMMANDS:
        result = CliRunner().invoke(app, [command, "--url", old_url], catch_exceptions=False)
        said = [line for line in result.stderr.splitlines() if not line.startswith("app_schema: database")]
        assert result.exit_code == 1, command
        assert said[1:] == ["see docs/troubleshooting.md#adopt"], said
        assert "tables of MUED but no revision" in said[0]
        assert "app-schema adopt" in said[0]
    assert catalog(old_url) == before


def test_alembic_and_the_function_name_adopt_too(old_url: str) -> None:
    before = catalog(old_url)
    with pytest.raises(CommandError, match=r"(?s)^0000_initial_schema\.py, line .*app-schema adopt shows"):
        Alembic(old_url)("upgrade", "head")
    with pytest.raises(DifferentError, match="app-schema adopt shows"):
        upgrade(old_url)
    assert catalog(old_url) == before


def test_an_adoption_that_is_not_complete_is_continued_by_its_revision_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE public.alembic_version")
        connection.execute("CREATE TABLE IF NOT EXISTS public.alembic_run_once (key text, statement text)")
        connection.execute("INSERT INTO public.alembic_run_once VALUES ('adoption', 'SELECT')")
    for command in COMMANDS:
        result = CliRunner().invoke(app, [command, "--url", database_url], catch_exceptions=False)
        assert result.exit_code == 1, command
        assert "The adoption of this database has begun and is not complete" in result.stderr


def test_a_database_of_ours_that_lost_its_version_table_is_mended_by_upgrade(database_url: str) -> None:
    before = catalog(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE public.alembic_version")
    result = CliRunner().invoke(app, ["upgrade", "--url", database_url], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert catalog(database_url) == before
    with database.engine(database_url, poolclass=sa.NullPool).connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM public.alembic_version")) == 1
