"""An application's type checker sees precise types through the installed wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from page import Page

CHECKOUT = Path(__file__).parents[2]
APP = Path(__file__).parent / "consumer" / "app.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has installed the wheel and nothing of the checkout."""
    pytest.importorskip("hatchling")
    place = tmp_path_factory.mktemp("consumer")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    shutil.copy(APP, place / "app.py")
    return place


def check(project: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=project, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_mypy_is_strict_and_content(project: Path) -> None:
    pytest.importorskip("mypy")
    found = check(
        project,
        *(
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--no-error-summary",
            "app.py",
        ),
        MYPYPATH="site",
    )
    assert found.stdout == ""
    assert found.returncode == 0, found.stderr


def test_mypy_is_strict_and_content_with_the_page(project: Path) -> None:
    """The application of docs/application.md, whose schemas are typed by a stub."""
    pytest.importorskip("mypy")
    blocks = [block for block in Page("docs/application.md").python() if "as PACKAGE" not in block]
    (project / "page_app.py").write_text("\n\n".join(blocks), encoding="utf-8")
    strict = ("--strict", "--follow-imports=silent", "--no-error-summary")
    found = check(project, sys.executable, "-m", "mypy", *strict, "page_app.py", MYPYPATH="site")
    assert (found.stdout, found.returncode) == ("", 0), found.stderr
    wrong = "from app_schema.schemas import UserUpdate\nUserUpdate(name=1)\n"
    (project / "wrong_page.py").write_text(wrong, encoding="utf-8")
    found = check(project, sys.executable, "-m", "mypy", *strict, "wrong_page.py", MYPYPATH="site")
    assert 'Argument "name" to "UserUpdate" has incompatible type "int"' in found.stdout


def test_pyright_is_content(project: Path) -> None:
    pytest.importorskip("pyright")
    settings = {"extraPaths": ["site"], "typeCheckingMode": "strict", "include": ["app.py"]}
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    found = check(project, sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson")
    if not found.stdout.lstrip().startswith("{"):
        pytest.skip(f"pyright does not run here: {found.stderr[-200:]}")
    errors = [one for one in json.loads(found.stdout)["generalDiagnostics"] if one["severity"] == "error"]
    assert errors == []


def test_a_wrong_type_is_found(project: Path) -> None:
    pytest.importorskip("mypy")
    wrong = APP.read_text(encoding="utf-8").replace("user.name, str | None", "user.name, str")
    (project / "wrong.py").write_text(wrong, encoding="utf-8")
    found = check(
        project,
        *(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "wrong.py"),
        MYPYPATH="site",
    )
    assert 'Expression is of type "str | None", not "str"' in found.stdout
