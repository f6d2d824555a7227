"""An unfit server, role or URL: one sentence, an exit code, and nothing
changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from subprocess import CompletedProcess

import psycopg
import pytest
from lineage import Alembic, catalog
from program import alembic

from app_schema import url as urls
from app_schema.catalog import diff
from app_schema.errors import ModelError
from app_schema.migrations.compare import refusal

pytestmark = pytest.mark.part(of=6)


def _assert_refused(result: CompletedProcess[str], *words: str) -> None:
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert said.count("FAILED") == 1, said


@pytest.fixture
def poor_role(server_url: str) -> Iterator[str]:
    """A role that may log in and nothing else."""
    name = f"poor_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p%ss'")
        yield name
        connection.execute(f"DROP ROLE {name}")


def test_role_without_create_is_refused_and_nothing_changed(empty_url: str, poor_role: str) -> None:
    before = catalog(empty_url)
    url = urls.parse(empty_url).set(username=poor_role, password="p%ss")
    result = alembic(url.render_as_string(hide_password=False), "upgrade", "head")
    _assert_refused(result, "may not create tables in the schema public: GRANT CREATE ON SCHEMA public TO")
    assert "p%ss" not in result.stdout + result.stderr
    assert "p%25ss" not in result.stdout + result.stderr
    assert diff(before, catalog(empty_url)) == []


@pytest.mark.parametrize("autocommit", [False, True])
def test_missing_extension_is_refused_and_nothing_changed(
    empty_url: str,
    autocommit: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from alembic.util import CommandError

    from app_schema.ddl import extension, sql

    real = sql.literal
    monkeypatch.setattr(extension, "literal", lambda text: real("vectr" if text == "vector" else text))
    before = catalog(empty_url)
    with pytest.raises(CommandError, match="extension vector is not available on this server"):
        Alembic(empty_url, autocommit=autocommit)("upgrade", "head")
    assert diff(before, catalog(empty_url)) == []


def test_unknown_revision_is_one_sentence(empty_url: str) -> None:
    _assert_refused(alembic(empty_url, "upgrade", "9999_nowhere"), "9999_nowhere")


def test_misspelt_autocommit_is_one_sentence(empty_url: str) -> None:
    _assert_refused(alembic(empty_url, "-x", "autocommit=yes", "upgrade", "head"), "autocommit=yes")


def test_different_object_is_refused_with_its_revision(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.users (id int)")
    before = catalog(empty_url)
    _assert_refused(
        alembic(empty_url, "upgrade", "head"),
        "0000_initial_schema.py, line",
        "table public.users already exists with a different definition",
        "found:",
        "expected:",
        "hint:",
    )
    assert diff(before, catalog(empty_url)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("postgresql://", "postgres://", 1),
        lambda url: url + "&options=-c%20application_name%3Dhundred%25",
        lambda url: url + "&application_name=100%25&connect_timeout=5",
        lambda url: url + "&sslmode=prefer",
        lambda url: url.replace("postgresql://", "postgresql+psycopg://", 1),
    ],
    ids=["postgres scheme", "options with an escape", "percent sign", "sslmode", "driver in the scheme"],
)
def test_upgrade_takes_any_legal_url(empty_url: str, change: object) -> None:
    assert callable(change)
    url = empty_url if "?" in empty_url else empty_url + "?connect_timeout=9"
    result = alembic(change(url), "upgrade", "0000_initial_schema")
    assert result.returncode == 0, result.stderr
    assert any(key.kind == "table" and key.name == "users" for key in catalog(empty_url))


@pytest.mark.parametrize(
    "made",
    [
        refusal.different("a", "b"),
        refusal.not_dropped("partitioned_table"),
        refusal.not_created("materialized_view"),
        refusal.not_partitioned(),
        refusal.owned_by("ann", "the boss"),
    ],
    ids=str,
)
def test_what_autogenerate_cannot_write_names_what_to_write_instead(made: ModelError) -> None:
    assert re.search(r"op\.execute\('|ALTER \.\.\. OWNER TO ", str(made))
    assert "_" not in str(made).replace("app_schema", "").replace("op.execute", "")
