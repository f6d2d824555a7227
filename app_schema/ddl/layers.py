"""Declared functions that read a view, and the order of these functions and of all views.

A declaration is text. A function reads a view if its types or body name the view and the view does not depend
on the function, or if the function calls a function that reads a view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from app_schema.ddl.function import Function
from app_schema.ddl.object import DDLObject
from app_schema.ddl.view import View

_NAME = r'(?:"((?:[^"]|"")+)"|([\w$]+))'
_CALL = re.compile(rf"(?:{_NAME}\s*\.\s*)?{_NAME}\s*\(")
_WORD = re.compile(r"[\w$]+")


Calls = set[tuple[str | None, str]]
"""Schema, None where the text has none, and name of each called function."""


def calls(text: str) -> Calls:
    """The names before an opening parenthesis, with their schemas."""
    return {
        (schema or quoted_schema.replace('""', '"') or None, bare or quoted.replace('""', '"'))
        for quoted_schema, schema, quoted, bare in _CALL.findall(text)
    }


def called(text: str) -> set[str]:
    """The names before an opening parenthesis."""
    return {name for _, name in calls(text)}


def is_called(schema: str | None, name: str, within: Calls) -> bool:
    """True if one of the calls may be of the function; of a function without a schema the name decides."""
    if schema is None:
        return any(name == other for _, other in within)
    return not within.isdisjoint({(schema, name), (None, name)})


def words(text: str) -> set[str]:
    """The words of a text, as written and in lower case."""
    written = set(_WORD.findall(text))
    return written | {word.lower() for word in written}


def ordered(objects: Iterable[DDLObject]) -> tuple[list[DDLObject], list[Function]]:
    """All objects, with the views and the functions that read a view at the end; and these functions.

    Such a function precedes the first view that calls it, or else follows all views.
    """
    all_objects = list(objects)
    views = [obj for obj in all_objects if isinstance(obj, View)]
    late = _late([obj for obj in all_objects if isinstance(obj, Function)], views)
    placed = [obj for obj in all_objects if obj not in views and obj not in late]
    placed.sort(key=lambda obj: obj.step)

    def place(names: set[str]) -> None:
        for function in late:
            if function.name in names and function not in placed:
                place(called(function.body) - {function.name})
                placed.append(function)

    for view in views:
        place(called(view.definition))
        placed.append(view)
    place({function.name for function in late})
    return placed, late


def _late(functions: list[Function], views: list[View]) -> list[Function]:
    if not (functions and views):
        return []
    bodies = {function.name: function.body for function in functions}
    definitions = {view.name: view.definition for view in views}
    late: list[Function] = []
    for function in functions:
        read = words(f"{function.returns} {function.arguments} {function.body}") & definitions.keys()
        if any(function.name not in _functions_of(name, definitions, bodies) for name in read):
            late.append(function)
    names = {function.name for function in late}
    while more := {function.name for function in functions if called(function.body) & names} - names:
        names |= more
    return [function for function in functions if function.name in names]


def _functions_of(view: str, definitions: Mapping[str, str], bodies: Mapping[str, str]) -> set[str]:
    """The functions that a view calls, directly, through another view or through a function."""
    views, functions, texts = {view}, set[str](), [definitions[view]]
    while texts:
        text = texts.pop()
        more_views = (words(text) & definitions.keys()) - views
        more = (called(text) & bodies.keys()) - functions
        views |= more_views
        functions |= more
        texts += [*(definitions[name] for name in more_views), *(bodies[name] for name in more)]
    return functions
