"""The files made from the kinds: the stub of :mod:`app_schema.op`, the exports and the files of the kinds.

``make stubs`` writes them.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import app_schema.ddl
from app_schema.ddl.object import DDLObject
from app_schema.migrations.extra_operations import OPERATIONS

_PACKAGE = Path(app_schema.ddl.__file__).parents[1]
_OP = '''\
"""Made from the kinds by `make stubs`; a test keeps it fresh."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alembic.op import *
'''
_KINDS = '''\
"""The kinds that metadata declares. Made from their files by `make stubs`; a test keeps it fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
'''
_FILES = '''\
"""The files of the kinds that metadata declares. Made from them by `make stubs`; a test keeps it fresh."""

'''


def files() -> Mapping[Path, str]:
    """Each file -> its text, as ``ruff format`` writes it."""
    for module in pkgutil.iter_modules(app_schema.ddl.__path__, f"{app_schema.ddl.__name__}."):
        importlib.import_module(module.name)  # a new kind is in no other file yet
    ddl = _PACKAGE / "ddl"
    texts = {_PACKAGE / "op.pyi": stub(), ddl / "kinds.py": exports(), ddl / "files.py": places()}
    return {path: _formatted(path, text) for path, text in texts.items()}


def _formatted(path: Path, text: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


def exports() -> str:
    """The text of ``ddl/kinds.py``."""
    places: dict[str, list[str]] = {}
    for cls in DDLObject.kinds.values():
        places.setdefault(cls.__module__, []).append(cls.__name__)
    lines = [
        f"    from {module} import {', '.join(sorted(names))}" for module, names in sorted(places.items())
    ]
    names = sorted(name for names in places.values() for name in names)
    listed = "".join(f"    {name!r},\n" for name in names)
    return _KINDS + "\n".join(lines) + f"\n\n__all__ = [\n{listed}]\n"


def places() -> str:
    """The text of ``ddl/files.py``."""
    kinds = sorted(DDLObject.kinds.items())
    files = sorted((cls.__name__, cls.__module__.rpartition(".")[2]) for _, cls in kinds)
    tables = {
        "FILES": (dict(files), "Class -> its file."),
        "CLASSES": ({kind: cls.__name__ for kind, cls in kinds}, "Kind -> its class."),
        "VERBS": (
            {kind: cls.verbs for kind, cls in kinds if cls.is_created()},
            "Kind with operations -> the verbs of those that create and drop an object.",
        ),
    }
    return _FILES + "".join(f'{name} = {dict_}\n"""{doc}"""\n' for name, (dict_, doc) in tables.items())


def stub() -> str:
    """The text of ``op.pyi``."""
    lines = [_OP]
    for kind, cls in sorted(DDLObject.kinds.items()):
        if not cls.is_created():
            continue
        create, drop = cls.verbs
        lines += _operation(f"{create}_{kind}", _of_fields(cls), cls.__doc__)
        lines += _operation(f"{drop}_{kind}", [*_of_fields(cls, filled=True), "recreated: bool = ..."], None)
        lines += _operation(
            f"replace_{kind}", [*_of_fields(cls), "old: Mapping[str, Any] | None = ..."], None
        )
    for operation in OPERATIONS:
        lines += _operation(operation.__name__, list(_of_function(operation)), operation.__doc__)
    return "\n".join(lines) + "\n"


def _operation(name: str, parameters: list[str], doc: str | None) -> Iterator[str]:
    shown = parameters[:-1] if parameters[-1] == "*" else parameters
    yield f"def {name}({', '.join(shown)}) -> None:"
    yield f'    """{inspect.cleandoc(doc).splitlines()[0]}"""' if doc else "    ..."


def _of_fields(cls: type[DDLObject], *, filled: bool = False) -> list[str]:
    """The fields of a kind as parameters, positional ones first.

    :param filled: identity is enough.
    """
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    first = [
        _parameter(fields.pop(name), cls, filled=filled, required=name == "table") for name in cls.positional
    ]
    keywords = [_parameter(field, cls, filled=filled) for field in fields.values()]
    return [*_without_gap(first), "*", *keywords]


def _parameter(
    field: dataclasses.Field[Any], cls: type[DDLObject], *, filled: bool, required: bool = False
) -> str:
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    optional = has_default or (filled and field.name in cls.stand_in)
    kind = str(field.type).removesuffix(" | None") if required else field.type
    return f"{field.name}: {kind}{' = ...' if optional and not required else ''}"


def _without_gap(parameters: list[str]) -> list[str]:
    """No parameter without a default behind one that has one."""
    last = max((n for n, text in enumerate(parameters) if not text.endswith("= ...")), default=-1)
    return [text.removesuffix(" = ...") if n < last else text for n, text in enumerate(parameters)]


def _of_function(function: Callable[..., Any]) -> Iterator[str]:
    """The parameters of a function, without ``self``."""
    named = False
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            yield f"**{name}: {parameter.annotation}"
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not named:
            named = True
            yield "*"
        default = "" if parameter.default is inspect.Parameter.empty else " = ..."
        yield f"{name}: {parameter.annotation}{default}"


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
