"""Who may import whom; the rule stands in docs/architecture.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import app_schema

PACKAGE = Path(app_schema.__file__).parent
MAY_IMPORT = {
    "errors": set(),
    "ddl": {"errors", "pinned"},
    "mued": {"errors", "ddl", "cli", "database", "models", "reference"},
    "models": {"mued"},
    "catalog": {"errors", "ddl", "url", "pinned"},
    "url": {"errors"},
    "dialect": set(),
    "login": set(),
    "pinned": set(),
    "project": {"errors"},
    "short_lived": set(),
    "system_user": {"errors"},
    "embedded": {"errors", "system_user"},
    "target": {"errors", "embedded"},
    "database": {"errors", "url", "dialect", "embedded", "login", "target", "pinned"},
    "migrations": {
        "errors",
        "ddl",
        "catalog",
        "copied",
        "database",
        "dialect",
        "short_lived",
        "target",
        "pinned",
        "mued",
        "project",
    },
    "audit": {"mued", "errors", "ddl", "catalog", "url", "database", "models", "project"},
    "copied": {"ddl"},
    "overview": {"copied", "errors", "ddl", "url", "database", "migrations", "target"},
    "plan": {"ddl", "loss", "migrations"},
    "reference": {"errors", "ddl", "mued"},
    "studio": {"errors", "pinned", "ddl", "models", "mued", "identity", "migrations", "overview"},
    "loss": {"errors", "ddl", "catalog", "migrations", "pinned"},
    "rollback": {"loss", "migrations"},
    "upgrading": {"errors", "loss", "migrations"},
    "dump": {"errors", "embedded", "url"},
    "emptying": {"errors", "ddl"},
    "lint": {"errors", "migrations"},
    "cli": {
        "copied",
        "audit",
        "errors",
        "embedded",
        "database",
        "migrations",
        "models",
        "overview",
        "lint",
        "loss",
        "plan",
        "project",
        "reference",
        "studio",
        "rollback",
        "upgrading",
        "dump",
        "emptying",
        "mued",
        "short_lived",
        "target",
    },
    "identity": {"errors"},
    "ext": {"errors", "identity"},
    "testing": {"errors", "identity", "models", "mued", "embedded", "database", "migrations"},
}


def _layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported(path: Path) -> set[str]:
    """The layers that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "app_schema":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app_schema."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.split(".")[1] for alias in node.names if alias.name.startswith("app_schema.")
            }
    return found


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_layer_imports_only_what_lies_below(layer: str) -> None:
    files = [path for path in PACKAGE.rglob("*.py") if _layer(path) == layer]
    assert files, f"there is no layer {layer}"
    wrong = {str(path.relative_to(PACKAGE)): _imported(path) - MAY_IMPORT[layer] - {layer} for path in files}
    assert {path: layers for path, layers in wrong.items() if layers} == {}


def test_every_module_has_a_layer() -> None:
    assert {_layer(path) for path in PACKAGE.rglob("*.py")} - {"__init__", "__main__", "alembic"} == set(
        MAY_IMPORT
    )


def test_only_the_alembic_side_imports_alembic() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if any(name.split(".")[0] == "alembic" for name in names):
            assert _layer(path) in {"migrations", "testing", "cli"}, path


@pytest.mark.parametrize(
    "path", sorted((PACKAGE.parent / "alembic" / "versions").glob("*.py")), ids=lambda path: path.stem
)
def test_revision_imports_no_models(path: Path) -> None:
    assert _imported(path) == set()
