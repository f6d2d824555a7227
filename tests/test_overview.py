from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from app_schema import embedded, overview, url


@pytest.fixture(autouse=True)
def _no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_overview_of_a_migrated_database_names_what_is_there(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert overview.main([]) == 0
    said = capsys.readouterr().out
    assert "(the newest)" in said
    for line in (
        "schema public",
        "23 tables: ",
        "14 enums: ",
        "3 views: ",
        "schema muednote_v3",
        "7 tables: ",
    ):
        assert line in said
    assert "alembic_version" not in said
    assert f"database  {url.parse(database_url).database}, as " in said
    assert max(map(len, said.splitlines()[3:-1])) <= overview.WIDTH


def test_overview_of_an_empty_database_says_what_to_run(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    assert overview.main([]) == 1
    said = capsys.readouterr().out
    assert "revision  none (the newest is " in said
    assert "; run alembic upgrade head)" in said


def test_overview_leaves_out_what_extensions_bring(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("CREATE TABLE ours (x int)")
    monkeypatch.setenv("DATABASE_URL", empty_url)
    overview.main([])
    said = capsys.readouterr().out
    assert "1 tables: ours" in said
    assert "pg_stat_statements" not in said


def test_overview_hides_the_password(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = url.parse(database_url).set(drivername="postgresql", password="s3cret")
    monkeypatch.setenv("DIRECT_DATABASE_URL", secret.render_as_string(hide_password=False))
    overview.main([])
    said = capsys.readouterr().out
    assert "s3cret" not in said
    assert said.rstrip().endswith("(DIRECT_DATABASE_URL is set)")


def test_overview_of_the_embedded_server_gives_the_line_to_paste(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embedded, "start", lambda: empty_url)
    overview.main([])
    shown = url.show(url.parse(empty_url))
    assert capsys.readouterr().out.rstrip().endswith(f"connect   export DATABASE_URL='{shown}'")


def test_overview_without_a_server_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///d?host=/nowhere")
    assert overview.main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("The server cannot be reached: ")
    assert said.err.count("\n") == 1
