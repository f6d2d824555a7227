from __future__ import annotations

import stat
from pathlib import Path

import pytest
from commands import NOWHERE, Run, data
from syrupy.assertion import SnapshotAssertion

from app_schema.lint import lint, squawk
from app_schema.lint.statement import Verdict, verdicts

BEGIN = "import sqlalchemy as sa\nfrom alembic import op\n\n"
GOOD = f"""{BEGIN}
SQL = "UPDATE public.users SET name = email"

def upgrade() -> None:
    op.add_column("users", sa.Column("x", sa.Text()))
    op.run_once("names", SQL)
    op.execute("COMMENT ON TABLE public.users IS 'people'")

def downgrade() -> None:
    op.drop_column("users", "x")
"""

BROKEN = {
    "data": 'op.execute("UPDATE public.users SET name = email")',
    "data in a constant": "op.execute(SQL)",
    "data in text()": 'op.execute(sa.text("/* names */ -- all\\n insert into t VALUES (1)"))',
    "data with a query": 'op.execute("WITH old AS (SELECT 1) DELETE FROM t")',
    "bulk_insert": "op.bulk_insert(sa.table('t'), [{}])",
    "unguarded": 'op.execute("CREATE TRIGGER t BEFORE UPDATE ON users EXECUTE FUNCTION f()")',
    "computed": "op.execute(statement())",
    "f-string": 'op.execute(f"ALTER TABLE {name} ADD CHECK (true)")',
    "connection": "op.get_bind().exec_driver_sql('SELECT 1')",
    "by name": 'op.execute("CREATE INDEX IF NOT EXISTS i ON t (a)")',
    "by name in a DO block": (
        'op.execute("DO $$ BEGIN CREATE TYPE a; EXCEPTION WHEN duplicate_object THEN NULL; END $$")'
    ),
    "several": """op.execute("SET x = 1; COMMENT ON TABLE t IS ';'; ")""",
    "several, and one of them data": 'op.execute("ANALYZE; DELETE FROM t")',
    "in a helper": "helper()",
    "rename": 'op.rename_table("a", "b"); op.drop_column("b", "x")',
    "column renamed": 'op.alter_column("t", "a", new_column_name="b"); op.drop_column("t", "x")',
}


def revision(
    place: Path, upgrade: str, downgrade: str | None = 'op.drop_table("x")', head: str = BEGIN
) -> Path:
    file = place / "revision.py"
    helper = 'def helper():\n    helper()\n    op.execute("DELETE FROM t")\n'
    text = f'{head}SQL = "DELETE FROM t"\n{helper}def upgrade():\n    {upgrade}\n'
    file.write_text(text + (f"def downgrade():\n    {downgrade}\n" if downgrade else ""))
    return file


def test_our_own_revisions_are_clean(run: Run, snapshot: SnapshotAssertion) -> None:
    assert run(NOWHERE, "lint") == snapshot  # no database is needed


def test_good_revision_is_clean(tmp_path: Path) -> None:
    file = tmp_path / "good.py"
    file.write_text(GOOD)
    assert lint(file) == []


@pytest.mark.parametrize("upgrade", BROKEN.values(), ids=BROKEN)
def test_broken_revision_is_told_what_to_write(
    tmp_path: Path, upgrade: str, snapshot: SnapshotAssertion
) -> None:
    found = lint(revision(tmp_path, upgrade))
    assert [(finding.line, finding.rule, finding.message) for finding in found] == snapshot


@pytest.mark.parametrize(
    ("downgrade", "count"),
    [(None, 1), ("pass", 1), ('"""Nothing."""', 1), ('raise NotImplementedError("rows are gone")', 0)],
)
def test_downgrade_is_written_or_refused(tmp_path: Path, downgrade: str | None, count: int) -> None:
    found = lint(revision(tmp_path, 'op.drop_table("t")', downgrade))
    assert [finding.rule for finding in found] == ["has-downgrade"] * count


@pytest.mark.parametrize(
    "line",
    ["import app_schema.models", "from app_schema import models", "from app_schema.models import User"],
)
def test_models_are_not_imported(tmp_path: Path, line: str) -> None:
    assert {
        finding.rule for finding in lint(revision(tmp_path, 'op.drop_table("t")', head=f"{BEGIN}{line}\n"))
    } == {"no-models"}


def test_rule_is_taken_out_only_with_a_reason(tmp_path: Path) -> None:
    head = BEGIN + "# lint: ignore[bare-data]{}\n"
    with_reason = revision(tmp_path, "op.execute(SQL)", head=head.format(": it is a view of nothing"))
    assert lint(with_reason) == []
    without = revision(tmp_path, "op.execute(SQL)", head=head.format(""))
    assert [finding.rule for finding in lint(without)] == ["bare-data"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create or replace function f() returns int return 1", ["by-name"]),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", ["by-name"]),
        ("DROP MATERIALIZED VIEW IF EXISTS v", ["by-name"]),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int", ["by-name"]),
        ("ALTER TABLE t DROP CONSTRAINT IF EXISTS k", ["by-name"]),
        ("ALTER TYPE e ADD VALUE IF NOT EXISTS 'a'", ["by-name"]),
        ("DO $$ BEGIN CREATE TABLE IF NOT EXISTS t (a int); END $$", ["by-name"]),
        ("DO $$ BEGIN END $$", ["converges"]),
        ("COMMENT ON TABLE t IS 'CREATE OR REPLACE; twice'", ["converges"]),
        ("ALTER ROLE a RENAME TO b", ["unguarded"]),
        ("GRANT SELECT ON t TO a; -- all;\nGRANT SELECT ON u TO a;", ["converges", "converges"]),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", ["unguarded"]),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", ["unguarded"]),
        ("CREATE TABLE t (a int)", ["unguarded"]),
        ("SELECT setval('s', 1)", ["data"]),
        ("CREATED", ["unguarded"]),
        ("", ["unguarded"]),
        (None, ["unreadable"]),
    ],
)
def test_statement_is_judged(sql: str | None, expected: list[Verdict]) -> None:
    assert verdicts(sql) == expected


def test_command_prints_findings_by_line(run: Run, tmp_path: Path) -> None:
    file = revision(tmp_path, "op.execute(SQL)")
    said = run(NOWHERE, "lint", str(file))
    assert said.startswith(f"exit code 1\n--- stdout\n{file}:9: bare-data: a data statement runs again")
    assert said.endswith("--- stderr\n1 finding in 1 revision.\n")
    (found,) = data(run(NOWHERE, "lint", str(file), "--json"))
    assert (found["line"], found["rule"]) == (9, "bare-data")


@pytest.mark.parametrize("content", [b"def upgrade(:\n", b"\xff\xfe", None])
def test_what_cannot_be_read_is_one_sentence(run: Run, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "broken.py"
    if content is not None:
        file.write_bytes(content)
    said = run(NOWHERE, "lint", str(file))
    assert said.startswith(f"exit code 2\n--- stdout\n--- stderr\n{file}")
    assert said.count("\n") == 5


def test_squawk_reads_the_statements_without_their_guards() -> None:
    program = squawk.program()
    if program is None:
        pytest.skip("squawk is not installed: pip install squawk-cli")
    found = squawk.squawk(
        program, {"a.py": "CREATE INDEX i ON t (a);\nCREATE INDEX j ON t (b);", "b.py": "SELECT 1;"}
    )
    assert [(finding.file, finding.rule) for finding in found] == [
        ("a.py", "require-concurrent-index-creation")
    ]
    assert found[0].message.endswith("(squawk, 2 statements)")


def test_broken_squawk_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "squawk"
    broken.write_text("#!/bin/sh\necho no\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("app_schema.lint.run.program", lambda: str(broken))
    assert run(NOWHERE, "lint").startswith(f"exit code 2\n--- stdout\n--- stderr\n{broken} gives no answer")
