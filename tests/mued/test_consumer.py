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

pytestmark = pytest.mark.part(of=6, among="long")


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


@pytest.fixture(scope="module")
def complaints(project: Path) -> dict[str, list[str]]:
    """The errors of strict mypy for each file: one run, because most of its time is reading the libraries."""
    pytest.importorskip("mypy")
    blocks = Page("docs/application.md").python(until="Your tables")
    files = {
        "page_app.py": "\n\n".join(blocks),
        "wrong.py": APP.read_text(encoding="utf-8").replace("user.name, str | None", "user.name, str"),
        "wrong_page.py": "from app_schema.schemas import UserUpdate\nUserUpdate(name=1)\n",
    }
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")
    options = ("--strict", "--follow-imports=silent", "--no-error-summary")
    found = check(project, sys.executable, "-m", "mypy", *options, "app.py", *files, MYPYPATH="site")
    assert found.returncode == 1, found.stderr  # two of them are wrong
    lines = found.stdout.splitlines()
    return {name: [line for line in lines if line.startswith(f"{name}:")] for name in ("app.py", *files)}


def test_mypy_is_strict_and_content(complaints: dict[str, list[str]]) -> None:
    """With the application of docs/application.md, too, whose schemas are typed by a stub."""
    assert complaints["app.py"] == []
    assert complaints["page_app.py"] == []


def test_mypy_finds_a_wrong_type(complaints: dict[str, list[str]]) -> None:
    assert 'Expression is of type "str | None", not "str"' in "".join(complaints["wrong.py"])
    incompatible = 'Argument "name" to "UserUpdate" has incompatible type "int"'
    assert incompatible in "".join(complaints["wrong_page.py"])


def test_pyright_is_content(project: Path) -> None:
    pytest.importorskip("pyright")
    settings = {"extraPaths": ["site"], "typeCheckingMode": "strict", "include": ["app.py"]}
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    found = check(project, sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson")
    if not found.stdout.lstrip().startswith("{"):
        pytest.skip(f"pyright does not run here: {found.stderr[-200:]}")
    errors = [
        diagnostic
        for diagnostic in json.loads(found.stdout)["generalDiagnostics"]
        if diagnostic["severity"] == "error"
    ]
    assert errors == []
