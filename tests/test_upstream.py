"""The private names in app_schema.upstream, which a release of SQLAlchemy, Alembic or psycopg may change."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

import app_schema
from app_schema.upstream import COPIED, OVERRIDDEN, PRIVATE, Private

UPSTREAM = ("sqlalchemy.", "alembic.", "psycopg.")
COPY = "2a45c6976d3e"
"""Begin of the digest of what was copied."""


def _object(path: str) -> Any:
    module, _, names = path.partition(":")
    return reduce(getattr, filter(None, names.split(".")), importlib.import_module(module))


@pytest.mark.parametrize("private", PRIVATE, ids=lambda private: f"{private.owner}.{private.name}")
def test_a_private_name_is_there(private: Private) -> None:
    source = inspect.getsource(_object(private.owner))
    assert re.search(rf"\b{private.name}\b", source), (
        f"{private.owner} has no {private.name} any more. app_schema.upstream uses it: {private.reason}. "
        "See what this release has in its place."
    )


def test_the_loop_of_alembic_is_the_one_that_was_copied() -> None:
    function = ast.parse(textwrap.dedent(inspect.getsource(_object(COPIED)))).body[0]
    assert isinstance(function, ast.FunctionDef)
    code = ast.unparse(function.body[1:])  # type: ignore[arg-type]  # without the docstring
    assert hashlib.sha256(code.encode()).hexdigest().startswith(COPY), (
        f"{COPIED} is not what app_schema.migrations.runner was copied from. Do there what it does now, and "
        f"write the new digest into COPY. It is now:\n{code}"
    )


def test_private_names_stand_in_one_file() -> None:
    package = Path(app_schema.__file__).parent
    found = {path.name for path in package.rglob("*.py") if "SLF001" in path.read_text(encoding="utf-8")}
    assert found == set()


def _classes() -> Iterator[type]:
    for name in ("ddl", "catalog", "migrations", "dialect"):
        module = importlib.import_module(f"app_schema.{name}")
        below = pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}.")
        for each in (module, *(importlib.import_module(found.name) for found in below)):
            yield from (cls for cls in vars(each).values() if inspect.isclass(cls))


def _own(cls: type) -> set[str]:
    """The private methods that a class of ours writes."""
    return {
        name
        for name, method in vars(cls).items()
        if name.startswith("_") and not name.endswith("_") and inspect.isfunction(method)
        if method.__module__ == cls.__module__ and cls.__module__.startswith("app_schema.")
    }


def test_overridden_private_methods_are_named() -> None:
    overridden = {
        name
        for cls in _classes()
        for base in cls.__mro__[1:]
        if base.__module__.startswith(UPSTREAM)
        for name in _own(cls) & vars(base).keys()
    }
    assert overridden == {path.rpartition(".")[2] for path in OVERRIDDEN}
    for path in OVERRIDDEN:
        assert _object(path), f"{path} is overridden: {OVERRIDDEN[path]}"


def test_the_choke_point_is_called_as_ever() -> None:
    parameters = list(inspect.signature(_object("alembic.ddl.impl:DefaultImpl._exec")).parameters)
    assert parameters == ["self", "construct", "execution_options", "multiparams", "params"], (
        "DefaultImpl._exec has other parameters: GuardedImpl._exec must take the same."
    )
