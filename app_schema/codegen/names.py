"""Names in Python for names of the database, and the imports in the order of isort."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from itertools import chain, count
from keyword import iskeyword

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.dialects import postgresql

WIDTH = 79
"""Longer lines of imports are wrapped: no linter's default is shorter."""


class _Base(sa.orm.DeclarativeBase):
    """Has the names that a declarative class inherits."""


_INHERITED = {*dir(_Base), "type_annotation_map"}
# an attribute of a class hides the name from the annotations of the attributes after it
_IN_ANNOTATIONS = {"bool", "bytes", "dict", "float", "int", "list", "str", "Any", "Optional"}
_MODULES = {"datetime", "decimal", "enum", "ipaddress", "uuid", "ddl"}
_IMPORTED_LATE = {"BigInteger", "Index", "Integer", "PrintedType", "Sequence", "SmallInteger"}
RESERVED = _INHERITED | _IN_ANNOTATIONS | _MODULES | _IMPORTED_LATE | {"Base"}
"""Names that neither a class nor an attribute may have."""
IMPORTABLE = RESERVED.union(dir(sa), dir(sa.orm), dir(postgresql))
"""Names that no class of an enum may have: its name is chosen before the imports are known."""


def free_name(name: str, used: Collection[str]) -> str:
    """An identifier for the name that is not used.

    Python mangles a name with two leading underscores in a class, and SQLAlchemy's own attributes begin with
    ``_sa_``: both lose the underscores.
    """
    # Python normalizes identifiers, so the name of a column would be another one than that of the attribute
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
    if name.startswith(("__", "_sa_")):
        name = name.lstrip("_")
    if not name.isidentifier():
        name = f"_{name}"
    if iskeyword(name):
        name += "_"
    candidates = chain([name, f"{name}_"], (f"{name}{number}" for number in count(1)))
    return next(candidate for candidate in candidates if candidate not in used)


def members(labels: Iterable[str]) -> dict[str, str]:
    """The members of an enum: name -> label. Python reserves names that begin and end with an underscore."""
    named: dict[str, str] = {}
    for label in labels:
        name = re.sub(r"\W", "_", label).upper().strip("_") or "EMPTY"
        named[free_name(f"VALUE_{name}" if name[0].isdigit() else name, named)] = label
    return named


def grouped(names: Mapping[str, Iterable[str]], modules: Iterable[str]) -> list[list[str]]:
    """The lines of the imports: the standard library's, then the others'; in each the modules first.

    :param names: module -> the names from it.
    """
    groups: list[list[str]] = [[], []]
    for module in sorted(modules):
        groups[module.partition(".")[0] not in sys.stdlib_module_names].append(f"import {module}")
    for module in sorted(names):
        line = _line(module, sorted(names[module], key=_order))
        groups[module.partition(".")[0] not in sys.stdlib_module_names].append(line)
    return [group for group in groups if group]


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


def _line(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])
