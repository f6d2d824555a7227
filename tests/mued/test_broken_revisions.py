"""A revision file that cannot be loaded, and an error that nobody thought of: a sentence, and exit code 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from lineage import head
from program import alembic
from test_packaging import CHECKOUT
from typer.testing import CliRunner

from app_schema import migrations
from app_schema.cli import app
from app_schema.errors import ConfigurationError
from app_schema.migrations.lineage import Lineage

pytestmark = pytest.mark.part(of=6)

HEAD = head()
BROKEN = {
    "syntax": ("revision = '9'\ndef upgrade(:\n", "9999_x.py, line 2: the file is not valid Python: "),
    "import": (
        "import no_such_module\nrevision = '9'\ndown_revision = None\n",
        (
            "9999_x.py, line 1: the revision cannot be imported "
            "(ModuleNotFoundError: No module named 'no_such_module')."
        ),
    ),
    "name": (
        "revision = '9'\ndown_revision = None\n\nWHAT = unknown\n",
        "9999_x.py, line 4: the revision cannot be imported (NameError: name 'unknown' is not defined).",
    ),
    "exit": (
        "import sys\nrevision = '9'\nsys.exit(0)\n",
        "9999_x.py, line 3: the revision cannot be imported (SystemExit: 0).",
    ),
    "zero byte": (
        "revision = '9'\0\n",
        "9999_x.py, line 1: the file is not valid Python: source code string",
    ),
    "no revision": ("x = 1\n", "9999_x.py, line 1: the file names no revision: write revision = '...'."),
    "no parent": ("revision = '9'\n", "9999_x.py, line 1: the file has no down_revision: "),
    "unknown parent": (
        "revision = '9'\n\ndown_revision = '0016_typo'\n",
        "9999_x.py, line 3: down_revision names 0016_typo, which no file has.",
    ),
    "unknown dependency": (
        f"revision = '9'\ndown_revision = '{HEAD}'\ndepends_on = ('0099',)\n",
        "9999_x.py, line 3: depends_on names 0099, which no file has.",
    ),
    "twice": (
        f"revision = '{HEAD}'\ndown_revision = '0015_muednote_v3_schema'\n",
        f"9999_x.py, line 1: {head()}.py has the revision {HEAD} too: ",
    ),
    "loop": (
        "revision = '9'\ndown_revision = '9'\n",
        "9999_x.py, line 2: down_revision names the revision 9 of the file itself.",
    ),
    "depends on itself": (
        f"revision = '9'\ndown_revision = '{HEAD}'\ndepends_on = '9'\n",
        "9999_x.py, line 3: depends_on names the revision 9 of the file itself.",
    ),
    "circle": (
        "revision = '9'\ndown_revision = '9a'\n",
        "9999_x.py, line 2: 9 needs 9a needs 9: the revisions need each other in a circle, ",
    ),
    "number": ("revision = 9\ndown_revision = None\n", "9999_x.py, line 1: revision is 9; expected a name, "),
    "parent is a number": (
        "revision = '9'\ndown_revision = 3\n",
        "9999_x.py, line 2: down_revision is 3; expected the name of the parent revision, ",
    ),
    "label is a number": (
        f"revision = '9'\ndown_revision = '{HEAD}'\nbranch_labels = 5\n",
        "9999_x.py, line 3: branch_labels is 5; expected a label, ",
    ),
    "label of another": (
        f"revision = '9'\ndown_revision = '{HEAD}'\nbranch_labels = '{HEAD}'\n",
        f"9999_x.py, line 3: {HEAD}.py has the branch label {HEAD} too: ",
    ),
    "separator": (
        f"revision = '9+1'\ndown_revision = '{HEAD}'\n",
        "9999_x.py, line 1: the revision 9+1 contains +, ",
    ),
    "symbol": (
        f"revision = 'base'\ndown_revision = '{HEAD}'\n",
        "9999_x.py, line 1: the revision is called base, ",
    ),
}


@pytest.fixture
def revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lineage's revisions as a copy to be broken, which every command takes for the package's own."""
    scripts = tmp_path / "alembic"
    shutil.copytree(CHECKOUT / "alembic", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    configuration = tmp_path / "alembic.ini"
    configuration.write_text((CHECKOUT / "alembic.ini").read_text(encoding="utf-8"), encoding="utf-8")
    made: Callable[..., Config] = lambda _=None: Config(configuration)  # noqa: E731
    monkeypatch.setattr(migrations, "config", made)
    for module in ("lineage", "api"):
        monkeypatch.setattr(f"app_schema.migrations.{module}.config", made)
    return scripts / "versions"


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_revision_file_is_one_sentence_with_file_and_line(revisions: Path, broken: str) -> None:
    text, sentence = BROKEN[broken]
    (revisions / "9999_x.py").write_text(text, encoding="utf-8")
    if broken == "circle":
        (revisions / "9999_y.py").write_text("revision = '9a'\ndown_revision = '9'\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Lineage()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.part(of=4)
@pytest.mark.parametrize(
    "name", ["status", "upgrade", "downgrade", "history", "lint", "plan", "rollback", "verify"]
)
def test_command_ends_with_2_at_a_broken_revision_file(
    revisions: Path, name: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    text, sentence = BROKEN["syntax"]
    (revisions / "9999_x.py").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [name])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-2].startswith(sentence)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["status", "plan", "lint"])
@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("def downgrade(): pass", "9999_x.py: the file has no upgrade(): write the function"),
        ("def upgrade(): raise SystemExit(7)", "9999_x.py, line 3: 9 cannot be planned: SystemExit: 7."),
        ("def upgrade(): raise {}[1]", "9999_x.py, line 3: 9 cannot be planned: KeyError: 1."),
        ("def upgrade(x): pass", "9999_x.py, line 3: upgrade(x) is called as upgrade(): missing a required"),
        ("upgrade = 1", "9999_x.py: upgrade is 1; expected def upgrade() -> None."),
        ("async def upgrade(): pass", "9999_x.py, line 3: a call of upgrade() runs nothing of it, because"),
    ],
)
def test_function_that_is_absent_or_ends_the_process_is_one_sentence(
    revisions: Path, name: str, function: str, said: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    text = f"revision = '9'\ndown_revision = {HEAD!r}\n{function}\n"
    (revisions / "9999_x.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr("app_schema.lint.run.program", lambda: "squawk")
    result = CliRunner().invoke(app, [name])
    assert "Traceback" not in result.stderr
    if name == "status" and "raise" in function:
        assert result.exit_code == 1, "pending, and nothing of it is run"
        return
    assert result.exit_code == 2
    assert said in result.stderr


def test_alembic_ends_with_2_at_a_broken_revision_file(revisions: Path, empty_url: str) -> None:
    text, sentence = BROKEN["import"]
    (revisions / "9999_x.py").write_text(text, encoding="utf-8")
    configuration = revisions.parent.parent / "alembic.ini"
    for arguments in (["upgrade", "head"], ["current"], ["upgrade", "head", "--sql"]):
        said = alembic(empty_url, *arguments, configuration=configuration)
        assert (said.returncode, said.stderr) == (2, f"FAILED: {sentence}\n"), arguments


def test_alembic_runs_no_revision_before_one_that_cannot_be_called(revisions: Path, empty_url: str) -> None:
    text = f"revision = '9'\ndown_revision = {HEAD!r}\ndef upgrade(x): pass\n"
    (revisions / "9999_x.py").write_text(text, encoding="utf-8")
    configuration = revisions.parent.parent / "alembic.ini"
    said = alembic(empty_url, "upgrade", "head", configuration=configuration)
    assert said.returncode == 2
    assert "FAILED: 9999_x.py, line 3: upgrade(x) is called as upgrade(): " in said.stderr
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)


def test_alembic_ends_with_2_at_an_error_that_nobody_thought_of(revisions: Path, empty_url: str) -> None:
    text = (revisions / "0000_initial_schema.py").read_text(encoding="utf-8")
    broken = text.replace("def upgrade() -> None:\n", "def upgrade() -> None:\n    {}['unexpected']\n")
    (revisions / "0000_initial_schema.py").write_text(broken, encoding="utf-8")
    configuration = revisions.parent.parent / "alembic.ini"
    said = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(configuration), "upgrade", "head"],
        env=os.environ | {"DATABASE_URL": empty_url},
        cwd=configuration.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "KeyError: 'unexpected'" in said.stderr


def test_command_ends_with_2_at_an_error_that_nobody_thought_of(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TypeError("unexpected")

    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setattr("app_schema.migrations.lineage.current", fail)
    result = CliRunner().invoke(app, ["upgrade"])
    assert result.exit_code == 2
    assert "TypeError: unexpected" in result.stderr


def test_a_revision_that_a_foreign_project_has_twice_is_only_warned_of(revisions: Path) -> None:
    from alembic.script import ScriptDirectory

    from app_schema.migrations.loading import load

    (revisions / "9999_x.py").write_text(BROKEN["twice"][0], encoding="utf-8")
    with pytest.warns(UserWarning, match="is present more than once"):
        load(ScriptDirectory(str(revisions.parent)), strict=False)
