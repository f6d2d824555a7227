"""The reference and the diagrams, made from the models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app_schema.cli import app
from app_schema.models import Base
from app_schema.mued.application import APPLICATION
from app_schema.mued.reference import REFERENCE
from app_schema.reference import words
from app_schema.reference.diagram import mermaid
from app_schema.reference.domain import domains
from app_schema.reference.files import stale, write
from app_schema.reference.markdown import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_docs_are_fresh() -> None:
    assert stale(APPLICATION, DOCS) == [], "run: app-schema docs"


def test_every_table_and_column_is_told() -> None:
    page = reference(APPLICATION)
    for table in Base.metadata.sorted_tables:
        section = page.partition(f"### {table.schema}.{table.name}\n")[2].partition("\n### ")[0]
        assert section, table.name
        assert "Policies:" in section
        for column in table.columns:
            assert f"| `{column.name}` |" in section, f"{table.name}.{column.name}"


def test_every_table_is_drawn_once_with_the_keys_of_its_neighbours() -> None:
    found = domains(APPLICATION)
    drawn = [table.name for domain in found for table in domain.tables]
    assert sorted(drawn) == sorted(table.name for table in Base.metadata.sorted_tables)
    chat = mermaid(next(domain.tables for domain in found if domain.name == "chat"))
    assert "users ||--o{ chat_sessions : user_id" in chat
    assert "email" not in chat


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("user_id = (SELECT app.current_user_id())", "`user_id` is the caller"),
        ("id = app.current_user_id() OR app.is_admin()", "`id` is the caller or the caller is an admin"),
        (
            "EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = session_analyses.session_id)",
            "the caller can see the row of `sessions` that `session_id` names",
        ),
        (
            "EXISTS (SELECT 1 FROM sessions AS s WHERE s.id = t.s_id AND s.user_id = app.current_user_id())",
            "the row of `sessions` that `s_id` names is the caller's",
        ),
    ],
)
def test_a_policy_is_told_in_words(expression: str, sentence: str) -> None:
    assert words.condition(expression, REFERENCE.phrases) == sentence


def test_a_stale_file_is_named_and_written_anew(tmp_path: Path) -> None:
    for name in ("schema.md", "names.md", *(f"schema/{domain.name}.svg" for domain in domains(APPLICATION))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((DOCS / name).read_text(encoding="utf-8"), encoding="utf-8")
    page = tmp_path / "schema.md"
    page.write_text(page.read_text(encoding="utf-8").replace("Bookable", "Unbookable"), encoding="utf-8")
    answer = CliRunner().invoke(app, ["docs", "--check", str(tmp_path)])
    assert answer.exit_code == 1
    assert answer.stdout.split() == [str(page)]
    assert [other.path for other in write(APPLICATION, tmp_path)] == [page]
    assert CliRunner().invoke(app, ["docs", "--check", str(tmp_path)]).exit_code == 0


def test_a_diagram_of_one_domain_or_a_sentence() -> None:
    answer = CliRunner().invoke(app, ["diagram", "chat"])
    assert answer.stdout.startswith("erDiagram")
    answer = CliRunner().invoke(app, ["diagram", "chats"])
    assert answer.exit_code == 2
    assert "the domains are core, session, chat, rag, muednote" in answer.stderr


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_a_picture_says_what_it_was_drawn_from(tmp_path: Path) -> None:
    write(APPLICATION, tmp_path)
    assert stale(APPLICATION, tmp_path) == []


def test_without_graphviz_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    answer = CliRunner().invoke(app, ["diagram", "core", "-f", "svg"])
    assert answer.exit_code == 2
    assert "Graphviz" in answer.stderr
