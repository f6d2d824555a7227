"""The types of the rows in TypeScript, as the Pydantic models of the same names print them in JSON."""

from __future__ import annotations

import datetime as dt
import decimal
import types
import typing
import uuid
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal

import typing_extensions  # a dependency of SQLAlchemy
from sqlalchemy.orm import Mapper

from app_schema.application import Application
from app_schema.shape import PURPOSES, Purpose, shapes

_PLAIN = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    bytes: "string",
    uuid.UUID: "string",
    decimal.Decimal: "string",
    dt.date: "string",
    dt.datetime: "string",
    dt.time: "string",
    dt.timedelta: "string",
    type(None): "null",
}
"""A Decimal is a string in JSON: a number of JavaScript has 53 bits."""


def typescript(app: Application) -> str:
    """The module: enums, shapes of JSON columns, and an interface for each class and purpose."""
    named: dict[str, str] = {}
    interfaces = [
        _interface(mapper, purpose, app, named)
        for mapper in sorted(app.mappers, key=lambda mapper: mapper.class_.__name__)
        for purpose in PURPOSES
    ]
    head = f"// The types of {app.name}, made by `app-schema types --typescript`."
    return "\n\n".join([head, *(named[name] for name in sorted(named)), *interfaces]) + "\n"


def _interface(mapper: Mapper[Any], purpose: Purpose, app: Application, named: dict[str, str]) -> str:
    name = f"{mapper.class_.__name__}{purpose.capitalize()}"
    lines = [f"export interface {name} {{"]
    for shape in shapes(app, mapper, purpose):
        lines += [f"  /** {shape.doc} */"] if shape.doc else []
        optional = "?" if purpose != "read" and shape.optional else ""
        lines.append(f"  {shape.column}{optional}: {_type(shape.type_, named)};")
    return "\n".join([*lines, "}"])


def _type(annotation: Any, named: dict[str, str]) -> str:
    """An annotation in TypeScript; enums and shapes go into `named`."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if (origin := typing.get_origin(annotation)) is not None:
        return _generic(origin, typing.get_args(annotation), named)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        labels = " | ".join(_quoted(member.value) for member in annotation)
        named[annotation.__name__] = f"export type {annotation.__name__} = {labels};"
        return annotation.__name__
    return _shape(annotation, named) if typing_extensions.is_typeddict(annotation) else "unknown"


def _generic(origin: Any, arguments: tuple[Any, ...], named: dict[str, str]) -> str:
    """A type with arguments."""
    if origin is Literal:
        return " | ".join(_quoted(value) for value in arguments)
    parts = [_type(part, named) for part in arguments]
    if origin in {typing.Union, types.UnionType}:
        return " | ".join(parts)
    if origin is dict:
        return f"Record<string, {parts[1]}>"
    if origin in {list, tuple, set}:
        return f"({parts[0]})[]" if " " in parts[0] else f"{parts[0]}[]"
    return parts[0]  # NotRequired


def _shape(shape: Any, named: dict[str, str]) -> str:
    """A TypedDict."""
    name: str = shape.__name__
    if name not in named:
        named[name] = ""  # first, because a TypedDict may refer to itself
        keys = "\n".join(_keys(shape, named))
        named[name] = f"export interface {name} {{\n{keys}\n}}"
    return name


def _keys(shape: Any, named: dict[str, str]) -> Iterator[str]:
    for key, annotation in typing.get_type_hints(shape).items():
        optional = "" if key in shape.__required_keys__ else "?"
        yield f"  {key}{optional}: {_type(annotation, named)};"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
