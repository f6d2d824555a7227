"""A generated revision is carried out on a copy before anybody relies on it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from foreign_project import Foreign
from typer.testing import CliRunner

from app_schema import embedded
from app_schema.application import Application
from app_schema.catalog import objects
from app_schema.catalog.assembled import Assembled
from app_schema.catalog.scratch import PREFIX
from app_schema.catalog.snapshot_query import snapshot_query
from app_schema.cli import app
from app_schema.migrations import config

pytestmark = pytest.mark.part(of=6)

BEFORE = """
from alembic.operations import ops
sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
sa.Table(
    "child", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("secret", sa.Text),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk")), {more}
)


def change(context, revision, directives):
    (up,), (down,) = directives[0].upgrade_ops_list, directives[0].downgrade_ops_list
    {change}
"""
MORE = "sa.Column('more', sa.Text), sa.Index('ix', 'secret')"
FILL = """
INSERT INTO parent SELECT n, 'p' || n FROM generate_series(1, 500) AS n;
INSERT INTO child (id, secret, parent_id)
SELECT n, 'hunter' || n % 50, 501 - n FROM generate_series(1, 500) AS n"""


@pytest.fixture
def project(foreign: Foreign) -> Foreign:
    """Two tables with rows, whose first rows refer to the last ones of the other."""
    shutil.copy(Path(config().get_main_option("script_location") or "") / "script.py.mako", foreign.directory)
    _declare(foreign, "")
    foreign.revision()
    foreign.run("upgrade", "head")
    _generate(foreign, "0002")
    foreign.run("upgrade", "head")
    with psycopg.connect(foreign.url) as connection:
        connection.execute(FILL)
    return foreign


def _declare(project: Foreign, more: str, change: str = "pass", options: str = "") -> None:
    before = BEFORE.format(more=more, change=change)
    project.env(f"process_revision_directives=change, {options}", before=before)


def _generate(project: Foreign, revision: str, *x: str) -> Path:
    project.run("revision", autogenerate=True, rev_id=revision, x=x)
    return _file(project, revision)


def _file(project: Foreign, revision: str) -> Path:
    (file,) = project.directory.glob(f"versions/{revision}*.py")
    return file


def _counted(rows: int, table: str = "parent", where: str = "true") -> str:
    """A statement of the revision that fails where the table has another number of rows."""
    check = f"IF (SELECT count(*) FROM {table} WHERE {where}) <> {rows} THEN RAISE 'other rows'; END IF;"
    return f"up.ops.append(ops.ExecuteSQLOp({f'DO $$ BEGIN {check} END $$'!r}))"


def test_revision_is_proved_on_sampled_rows(project: Foreign, capsys: pytest.CaptureFixture[str]) -> None:
    # a hundred children, a hundred parents, and the hundred parents of these children
    _declare(project, MORE, f"{_counted(200)}; {_counted(100, 'child', 'parent_id > 400')}")
    file = _generate(project, "0003", "prove=true")
    said = capsys.readouterr().err
    assert f"{file.name} is proved: up twice, down twice, in a transaction and in autocommit\n" in said
    assert "roof" not in file.read_text()
    assert project.one("SELECT count(*), max(version_num) FROM child, alembic_version") == (500, "0002")


def test_proof_reads_the_catalog_once_a_direction(project: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it takes the most of the time of a proof."""
    read: list[None] = []

    def counted() -> Assembled:
        read.append(None)
        return snapshot_query()

    monkeypatch.setattr(objects, "snapshot_query", counted)
    _declare(project, MORE)
    counts = []
    for x in ((), ("prove=true",)):
        read.clear()
        _generate(project, "0003", *x).unlink()
        counts.append(len(read))
    # of the database, of an empty one where no cache has it, of the copy before and after the first upgrade,
    # beside the models, and after each direction
    assert counts[1] - counts[0] <= 8


@pytest.mark.parametrize(
    ("more", "change", "sentence"),
    [
        (
            "sa.Index('ix', 'secret', unique=True)",
            "pass",
            'the upgrade fails: could not create unique index "ix"',
        ),
        (MORE, "down.ops.clear()", "the downgrade does not restore column more on public.child"),
        (
            MORE,
            "up.ops.append(ops.ExecuteSQLOp('INSERT INTO parent VALUES (1000)'))",
            "the second upgrade fails: 0003_.py, line 28: duplicate key value",
        ),
        (
            "sa.Column('more', sa.Text)",
            "up.ops.append(ops.ExecuteSQLOp('UPDATE parent SET name = 1'))",
            "the downgrade does not restore the rows of public.parent",
        ),
        (
            MORE,
            "up.ops.pop()",
            "the database differs from the declaration after the upgrade: add_index ix child",
        ),
        (
            MORE,
            "up.ops.append(ops.ExecuteSQLOp('SELECT secret::int FROM child'))",
            "the upgrade fails: 0003_.py, line 27: invalid input syntax for type integer.",
        ),
    ],
    ids=["rows", "way back", "second run", "rows that change", "left out", "value"],
)
def test_what_fails_stands_in_the_header(
    project: Foreign, capsys: pytest.CaptureFixture[str], more: str, change: str, sentence: str
) -> None:
    _declare(project, more, change)
    with pytest.raises(SystemExit) as ended:
        _generate(project, "0003", "prove=true")
    assert ended.value.code == 1
    text, said = _file(project, "0003").read_text(), capsys.readouterr().err
    assert f"Proof failed: {sentence}" in " ".join(text.split())
    assert sentence.partition(", line")[0] in said
    assert "hunter" not in text + said, "no value of a row"


def test_rows_stay_on_their_server(project: Foreign, server_url: str) -> None:
    _declare(project, MORE, f"{_counted(0, 'child', 'secret ~ chr(104)')}; {_counted(3, 'child')}")
    _generate(project, "0003", "prove=true", f"scratch={server_url}")


def _declare_role(project: Foreign) -> str:
    role = "app_schema.ddl.attach(metadata, app_schema.ddl.Role('app_schema_proof_role'))"
    before = BEFORE.format(more=MORE, change="pass") + f"import app_schema.ddl\n{role}\n"
    project.env(before=before)
    return "SELECT count(*) FROM pg_roles WHERE rolname = 'app_schema_proof_role'"


def test_revision_of_roles_is_not_tried_on_the_server(project: Foreign) -> None:
    roles = _declare_role(project)
    with pytest.raises(SystemExit) as ended:
        _generate(project, "0003", "prove=true")
    assert ended.value.code == 2
    assert "Not proved: the revision changes roles" in _file(project, "0003").read_text()
    assert project.one(roles) == (0,)


def test_new_roles_are_tried_on_the_embedded_server_and_dropped(
    project: Foreign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (data,) = project.one("SELECT current_setting('data_directory')")
    if not (Path(data) / "postmaster.pid").is_file():
        pytest.skip("the server is none of this machine")
    monkeypatch.setenv(embedded.DIRECTORY_VARIABLE, str(Path(data).parent))
    roles = _declare_role(project)
    _generate(project, "0003", "prove=true")
    assert "is proved: up twice, down twice" in capsys.readouterr().err
    assert project.one(roles) == (0,)


def test_nothing_to_do_is_not_tried(project: Foreign, capsys: pytest.CaptureFixture[str]) -> None:
    _generate(project, "0003", "prove=true")
    assert "prove" not in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "code"), [("--prove", 1), ("--no-prove", 0)])
def test_the_command_proves_unless_told_not_to(
    project: Foreign, monkeypatch: pytest.MonkeyPatch, flag: str, code: int
) -> None:
    _declare(project, MORE, "down.ops.clear()")
    own = Application(name="own", declared=sa.MetaData(), configuration=project.directory / "alembic.ini")
    monkeypatch.setattr("app_schema.cli.revision.application", lambda: own)
    result = CliRunner().invoke(app, ["revision", "-m", "more", flag, "--url", project.url])
    (file,) = project.directory.glob("versions/*_more.py")
    assert (result.exit_code, "Proof failed" in file.read_text()) == (code, bool(code))
    assert code or result.stdout.endswith(f"{file}\n")


def test_declared_rename_is_proved(project: Foreign, capsys: pytest.CaptureFixture[str]) -> None:
    hint = "__import__('app_schema.ddl').ddl.RenamedFrom('secret', column='word')"
    before = BEFORE.replace('sa.Column("secret"', 'sa.Column("word"').format(more=hint, change="pass")
    project.env(before=before)
    text = _generate(project, "0003", "prove=true").read_text()
    assert 'op.alter_column("child", "secret", new_column_name="word")' in text
    assert "is proved: up twice" in capsys.readouterr().err


def test_rows_of_heirs_stay_with_them(project: Foreign, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample of a parent has no rows of a foreign table, which may be far, and none of another heir."""
    heirs = (
        "CREATE TABLE heir () INHERITS (parent); INSERT INTO heir VALUES (1000, 'p1')",
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far",
        "CREATE FOREIGN TABLE abroad () INHERITS (parent) SERVER there",
    )
    with psycopg.connect(project.url) as connection:
        for statement in heirs:
            connection.execute(statement.encode())
    unique = 'sa.Index("ix", metadata.tables["parent"].c.name, unique=True)'
    project.env(before=BEFORE.format(more="", change="pass") + unique)
    _generate(project, "0003", "prove=true")
    assert "is proved: up twice" in capsys.readouterr().err


def test_stopped_proof_says_so_and_leaves_no_copy(
    project: Foreign, capsys: pytest.CaptureFixture[str]
) -> None:
    _declare(project, MORE, "up.ops.append(ops.ExecuteSQLOp('SELECT pg_sleep(100)'))")
    sleeping = (
        "SELECT datname FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)' AND state = 'active' "
        f"AND datname LIKE '{PREFIX}%'"
    )
    copies: list[str] = []

    def stop() -> None:
        with psycopg.connect(project.url, autocommit=True) as connection:
            while not copies:
                copies.extend(name for (name,) in connection.execute(sleeping.encode()))
                time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    with pytest.raises(SystemExit) as ended:
        _generate(project, "0003", "prove=true")
    thread.join()
    assert ended.value.code == 130
    assert "Not proved: the proof was stopped." in _file(project, "0003").read_text()
    assert "Not proved: the proof was stopped. The file is kept." in capsys.readouterr().err
    assert project.one(f"SELECT count(*) FROM pg_database WHERE datname = '{copies[0]}'") == (0,)
