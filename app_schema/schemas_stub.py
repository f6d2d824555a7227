"""The stub of :mod:`app_schema.schemas`, made from the models; as a program it prints it."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal

from app_schema.application import DEFAULT, Application, load
from app_schema.shape import PURPOSES, Shape, shapes

HEAD = '"""Made from the models by `python -m app_schema.schemas_stub`; a test keeps it fresh."""'
_UNIONS = {typing.Union, types.UnionType}


def stub(app: Application) -> str:
    """The text of ``schemas.pyi``."""
    modules: set[str] = {"app_schema.ext.schema"}
    classes = []
    for mapper in sorted(app.mappers, key=lambda mapper: mapper.class_.__name__):
        for purpose in PURPOSES:
            name = f"{mapper.class_.__name__}{purpose.capitalize()}"
            fields = shapes(app, mapper, purpose)
            optional = purpose != "read"
            lines = [_line(shape, modules, optional=optional and shape.optional) for shape in fields]
            classes.append(
                "\n".join([f"class {name}(app_schema.ext.schema.RowSchema):", *(lines or ["    ..."])])
            )
    imports = [f"import {module}" for module in sorted(modules)]
    return "\n\n".join([HEAD, "\n".join(imports), *classes]) + "\n"


def _line(shape: Shape, modules: set[str], *, optional: bool) -> str:
    return f"    {shape.name}: {_written(shape.type_, modules)}{' = ...' if optional else ''}"


def _written(annotation: Any, modules: set[str]) -> str:
    """An annotation as source, with the modules that it needs."""
    if annotation in {None, type(None)}:
        return "None"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        return _named(annotation, modules)
    if origin is Literal:
        modules.add("typing")
        return f"typing.Literal[{', '.join(map(repr, arguments))}]"
    parts = [_written(part, modules) for part in arguments]
    return " | ".join(parts) if origin in _UNIONS else f"{origin.__name__}[{', '.join(parts)}]"


def _named(class_: Any, modules: set[str]) -> str:
    if class_.__module__ == "builtins":
        return str(class_.__name__)
    modules.add(class_.__module__)
    return f"{class_.__module__}.{class_.__name__}"


if __name__ == "__main__":
    print(stub(load(DEFAULT)), end="")
