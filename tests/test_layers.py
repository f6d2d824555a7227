"""Who may import whom: the three sentences of docs/architecture.md."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import app_schema
from app_schema.ddl import DDLObject
from app_schema.migrations.compare.kinds import KINDS

PACKAGE = Path(app_schema.__file__).parent
FILES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
IMPORT_PATH = "models/__init__.py"
"""The models under the name by which applications import them."""
ABOVE_ALEMBIC = {"op.py", "adoption", "codegen", "migrations", "testing", "cli", "mued", "alembic"}
BOTTOM = {"errors.py", "dialect.py", "login.py", "pinned.py", "gc_tuning.py", "upstream.py"}
"""Files that need nothing of ours."""


@cache
def _modules(path: Path) -> frozenset[str]:
    """The modules that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


def _under(modules: Collection[str], name: str) -> set[str]:
    return {module for module in modules if f"{module}.".startswith(f"{name}.")}


def test_nothing_outside_mued_imports_mued() -> None:
    engine = {name: path for name, path in FILES.items() if not name.startswith(("mued/", "alembic/"))}
    found = {
        name: _under(_modules(path), "app_schema.mued") | _under(_modules(path), "app_schema.models")
        for name, path in engine.items()
        if name != IMPORT_PATH
    }
    assert {name: modules for name, modules in found.items() if modules} == {}
    assert _under(_modules(engine[IMPORT_PATH]), "app_schema.mued")


def test_the_engines_tests_know_no_mued() -> None:
    knowing = [
        str(path)
        for path in (Path(__file__).parent / "engine").rglob("*.py")
        if _under(modules := _modules(path), "app_schema.mued") or _under(modules, "app_schema.models")
    ]
    assert knowing == []


def test_only_the_default_names_mued() -> None:
    named = [
        f"{name}:{number}"
        for name, path in FILES.items()
        if not name.startswith(("mued/", "alembic/")) and name != IMPORT_PATH
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "mued" in line
    ]
    assert len(named) == 1, named
    assert named[0].startswith("application.py:")


def test_only_what_stands_on_the_migrations_imports_alembic() -> None:
    found = {name for name, path in FILES.items() if _under(_modules(path), "alembic")}
    assert {name for name in found if name.split("/")[0] not in ABOVE_ALEMBIC} == set()


def test_no_circle_of_imports_outside_the_models() -> None:
    """Imports for types alone and inside functions count too: who reads a file reads what it names."""
    files = {
        f"app_schema.{name.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__"): path
        for name, path in FILES.items()
        if not name.startswith("mued/models/")
    }
    imported = {name: _imported(path, files) - {name} for name, path in files.items()}
    assert _in_circles(imported) == set()


def _imported(path: Path, files: dict[str, Path]) -> set[str]:
    """The files that a file imports; of a name in a module the module."""
    names = _modules(path)
    return {name if name in files else name.rpartition(".")[0] for name in names} & files.keys()


def _in_circles(imported: dict[str, set[str]]) -> set[str]:
    """The files that import and are imported by what is left, once all others are taken away."""
    left = set(imported)
    while True:
        importing = {name for name in left if imported[name] & left}
        inner = importing & {other for name in importing for other in imported[name]}
        if inner == left:
            return left
        left = inner


def test_a_circle_of_imports_is_found() -> None:
    assert _in_circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == {"b", "c"}


def test_the_planner_names_no_kind() -> None:
    named = {
        node.value
        for name in ("plan.py", "planner.py")
        for node in ast.walk(ast.parse(FILES[f"migrations/compare/{name}"].read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert named & {*KINDS, *DDLObject.kinds, *DDLObject.reflected} == set()


def _classes() -> Iterator[tuple[str, str]]:
    for name, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, name


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, set[str]] = {}
    for name, file in _classes():
        places.setdefault(name, set()).add(file)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_name_of_a_package_hides_a_module() -> None:
    hidden = []
    for found in pkgutil.walk_packages(app_schema.__path__, "app_schema."):
        if found.name.startswith("app_schema.alembic") or found.name.endswith("__main__"):
            continue
        importlib.import_module(found.name)
        package, _, name = found.name.rpartition(".")
        if not isinstance(getattr(sys.modules[package], name), ModuleType):
            hidden.append(found.name)
    assert hidden == []


@pytest.mark.parametrize("name", sorted(BOTTOM))
def test_bottom_imports_nothing_of_ours(name: str) -> None:
    assert _under(_modules(FILES[name]), "app_schema") == set()


def test_ddl_runs_without_the_catalog_and_the_migrations() -> None:
    for name, path in FILES.items():
        if name.startswith("ddl/"):
            modules = _under(_modules(path), "app_schema")
            below = {module.split(".")[1] for module in modules if module != "app_schema"}
            assert below <= {"ddl", "errors", "pinned", "upstream"}, name


@pytest.mark.parametrize(
    "path", sorted((PACKAGE.parent / "alembic" / "versions").glob("*.py")), ids=lambda path: path.stem
)
def test_revision_imports_no_models(path: Path) -> None:
    assert _under(_modules(path), "app_schema") == {"app_schema.op"}
