from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import psycopg
import pytest

CHECKOUT = Path(__file__).parent.parent

UPGRADE = """
import sys
from pathlib import Path
import app_schema
from alembic import command
from app_schema.migrations import config
assert Path(app_schema.__file__).is_relative_to(sys.argv[1]), app_schema.__file__
command.upgrade(config(), "head")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the sdist of the checkout."""
    for needed in ("hatchling", "pip"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed here")
    place = tmp_path_factory.mktemp("built")
    run("-m", "hatchling", "build", "-d", str(place), cwd=CHECKOUT)
    return place


def run(*arguments: str, cwd: Path, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def revisions() -> set[str]:
    return {path.name for path in (CHECKOUT / "alembic" / "versions").glob("*.py")}


def test_wheel_carries_the_revisions_and_no_top_level_alembic(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"app_schema/alembic.ini", "app_schema/alembic/env.py", "app_schema/py.typed"} <= names
    assert "app_schema/alembic/script.py.mako" in names
    assert {f"app_schema/alembic/versions/{name}" for name in revisions()} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"app_schema"}
    assert not [name for name in names if "__pycache__" in name]


def test_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "alembic.ini", "alembic/env.py", "app_schema/py.typed", "LICENSE"} <= names
    assert {f"alembic/versions/{name}" for name in revisions()} <= names


def test_installed_wheel_upgrades_an_empty_database_without_the_checkout(
    built: Path, tmp_path: Path, empty_url: str
) -> None:
    (wheel,) = built.glob("*.whl")
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check", "--root-user-action=ignore")
    run("-m", "pip", "install", "--quiet", *offline, "--target", str(site), str(wheel), cwd=elsewhere)
    for _ in range(2):
        run("-c", UPGRADE, str(site), cwd=elsewhere, PYTHONPATH=str(site), DATABASE_URL=empty_url)
    with psycopg.connect(empty_url) as connection:
        cursor = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'muednote_v3'")
        assert cursor.fetchone() == (7,)


def test_checkout_does_not_shadow_the_library() -> None:
    found = run("-c", "import alembic; print(alembic.__file__)", cwd=CHECKOUT)
    assert not Path(found.strip()).is_relative_to(CHECKOUT / "alembic")
