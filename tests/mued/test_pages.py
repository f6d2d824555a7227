"""README and operations: the commands run, the revisions go up and down, the lists are true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from page import ROOT, Page, assert_listed
from program import alembic
from typer.testing import CliRunner

from app_schema.audit import CHECKS
from app_schema.catalog import snapshot
from app_schema.cli import app
from app_schema.ddl import Key
from app_schema.lint.revision import lint
from app_schema.migrations import setup
from app_schema.migrations.impl import guarded
from app_schema.migrations.lineage import Lineage
from app_schema.mued.application import APPLICATION

TRANSLATED = {"README.ja.md": "README.md", "docs/ja/operations.md": "docs/operations.md"}
OPERATIONS = {
    "docs/operations.md": ("The revisions", "The tables", "The enums"),
    "docs/ja/operations.md": ("現在のリビジョン構成", "テーブル一覧", "ENUM 型"),
}
OPEN = {"plan", "status", "audit", "check", "rollback"}
"""Commands that end with 1 where a revision, a finding or a loss is open."""
SERVE = {"studio"}


def _make_targets() -> set[str]:
    return {line.partition(":")[0] for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()}


def _run(words: list[str], url: str, place: Path) -> None:
    """Runs one command as it stands, or looks at the parts of one that installs or serves."""
    name, *arguments = words
    name = name.removeprefix(".venv/bin/")
    if name == "make":
        assert arguments[0] in _make_targets()
    elif name == "pip" or arguments[:1] == ["-m"] or name in {".", "export"}:
        target = arguments[-1]
        assert "app-schema" not in target or name == "export", f"{target} is no name of an index"
    elif name == "app-schema":
        arguments += ["--help"] if arguments[0] in SERVE else []
        result = CliRunner().invoke(app, arguments)
        open_ = arguments[0] in OPEN
        assert result.exit_code in ({0, 1} if open_ else {0}), f"{words}: {result.output}"
    elif name == "alembic":
        found = alembic(url, *arguments, configuration=place / "alembic.ini")
        assert found.returncode in ({0, 1} if arguments[-1] in OPEN else {0}), f"{words}: {found.stderr}"
    else:
        pytest.fail(f"{words}: nobody runs this command")


@pytest.mark.parametrize("path", TRANSLATED.values())
def test_every_command_of_the_page_runs(
    path: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_copy_of_the_revisions(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)
    commands = list(Page(path).commands())
    assert len(commands) > 3
    for words in commands:
        _run(words[: words.index(">")] if ">" in words else words, database_url, tmp_path)


@pytest.mark.parametrize("path", TRANSLATED)
def test_a_translation_has_no_command_of_its_own(path: str) -> None:
    original = list(Page(TRANSLATED[path]).commands())
    assert [words for words in Page(path).commands() if words not in original] == []


def _copy_of_the_revisions(place: Path) -> Path:
    """A directory in which `alembic revision` may write."""
    shutil.copy(ROOT / "alembic.ini", place)
    shutil.copytree(ROOT / "alembic", place / "alembic")
    return place


BLOCKS = [
    pytest.param(block, id=f"{path}-{number}")
    for path in OPERATIONS
    for number, block in enumerate(Page(path).python())
]


@pytest.mark.parametrize("block", [other for other in BLOCKS if str(other.values[0]).startswith("# NG")])
def test_lint_finds_what_the_page_calls_wrong(block: str, tmp_path: Path) -> None:
    file = tmp_path / "9001_wrong.py"
    file.write_text(
        f'"""Wrong."""\nfrom app_schema import op\n\n{block}\n\ndef downgrade() -> None:\n    ...\n'
    )
    assert {"unguarded-execute", "bare-data"} & {finding.rule for finding in lint(file)}


@pytest.fixture(scope="module")
def right() -> list[str]:
    """The blocks marked OK; both pages have the same."""
    first, second = (
        [block for block in Page(path).python() if block.startswith("# OK")] for path in OPERATIONS
    )
    assert first == second
    return first


def test_what_the_page_calls_right_goes_up_and_down_twice(engine: sa.Engine, right: list[str]) -> None:
    setup()
    assert len(right) == 5
    for block in right:
        revision = ModuleType("block")
        exec(f"from app_schema import op\n{block}", revision.__dict__)  # noqa: S102 - what a revision is
        before = _moved(engine, lambda: None)
        up = _moved(engine, revision.upgrade)
        assert up != before or "run_once" in block
        assert _moved(engine, revision.upgrade) == up
        assert _moved(engine, revision.downgrade) == before
        assert _moved(engine, revision.downgrade) == before


def _moved(engine: sa.Engine, function: object) -> dict[Key, str]:
    assert callable(function)
    with engine.connect() as connection:
        context = guarded(MigrationContext.configure(connection, opts={"transaction_per_migration": True}))
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            function()
    with engine.connect() as connection:
        return dict(snapshot(connection))


@pytest.mark.parametrize("path", OPERATIONS)
def test_lists_of_the_page_are_those_of_the_code(path: str) -> None:
    page, (revisions, tables, enums) = Page(path), OPERATIONS[path]
    names = {revision.revision for revision in Lineage(APPLICATION).all()}
    assert_listed(page, revisions, names, lambda name: f"{name}.py  # what it does")
    public = {table.fullname.removeprefix("public.") for table in APPLICATION.metadata.sorted_tables}
    assert_listed(page, tables, public, lambda name: f"- `{name}` - what a row is")
    assert_listed(page, enums, _enums(), lambda name: f"- `{name}` - what it says")


def _enums() -> set[str]:
    types = {column.type for table in APPLICATION.metadata.sorted_tables for column in table.columns}
    types = {getattr(type_, "item_type", type_) for type_ in types}
    return {
        f"{type_.schema}.{type_.name}".removeprefix("public.")
        for type_ in types
        if isinstance(type_, sa.Enum)
    }


@pytest.mark.parametrize("path", ["README.md", "docs/peers.md"])
def test_number_of_checks_is_that_of_the_audit(path: str) -> None:
    numbers = re.findall(r"(\d+) (?:read-only )?checks", (ROOT / path).read_text(encoding="utf-8"))
    assert numbers == [str(len(CHECKS))]


def test_every_link_of_the_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "llms.txt"]
    links = [
        (page, target.partition("#")[0])
        for page in pages
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not re.match(r"\w+:|#", target)
    ]
    assert len(links) > 60
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
