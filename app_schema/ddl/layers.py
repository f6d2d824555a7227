"""Declared functions that read a view, and the order of these functions and of all views.

What is declared is text. A function reads a view where its types or its body name the view, unless the view
stands on the function; and where it calls a function that reads one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from app_schema.ddl.function import Function
from app_schema.ddl.object import DDLObject
from app_schema.ddl.view import View

_CALL = re.compile(r'(?:"((?:[^"]|"")+)"|([\w$]+))\s*\(')
_WORD = re.compile(r"[\w$]+")


def called(text: str) -> set[str]:
    """The names before a parenthesis."""
    return {bare or quoted.replace('""', '"') for quoted, bare in _CALL.findall(text)}


def words(text: str) -> set[str]:
    """The words of a text, as written and in lower case."""
    found = set(_WORD.findall(text))
    return found | {one.lower() for one in found}


def ordered(objects: Iterable[DDLObject]) -> tuple[list[DDLObject], list[Function]]:
    """The objects with the views and the functions that read one at the end, and these functions.

    A function comes before the first view that calls it, or else after all views.
    """
    given = list(objects)
    views = [one for one in given if isinstance(one, View)]
    late = _late([one for one in given if isinstance(one, Function)], views)
    placed = [obj for obj in given if obj not in views and obj not in late]
    placed.sort(key=lambda obj: obj.step)

    def place(names: set[str]) -> None:
        for one in late:
            if one.name in names and one not in placed:
                place(called(one.body) - {one.name})
                placed.append(one)

    for view in views:
        place(called(view.definition))
        placed.append(view)
    place({one.name for one in late})
    return placed, late


def _late(functions: list[Function], views: list[View]) -> list[Function]:
    if not (functions and views):
        return []
    bodies = {one.name: one.body for one in functions}
    definitions = {one.name: one.definition for one in views}
    late: list[Function] = []
    for one in functions:
        read = words(f"{one.returns} {one.arguments} {one.body}") & definitions.keys()
        if any(one.name not in _stands_on(name, definitions, bodies) for name in read):
            late.append(one)
    names = {one.name for one in late}
    while more := {one.name for one in functions if called(one.body) & names} - names:
        names |= more
    return [one for one in functions if one.name in names]


def _stands_on(view: str, definitions: Mapping[str, str], bodies: Mapping[str, str]) -> set[str]:
    """The functions that a view calls, directly, through another view or through a function."""
    views, functions, texts = {view}, set[str](), [definitions[view]]
    while texts:
        text = texts.pop()
        more_views = (words(text) & definitions.keys()) - views
        more = (called(text) & bodies.keys()) - functions
        views |= more_views
        functions |= more
        texts += [*(definitions[one] for one in more_views), *(bodies[one] for one in more)]
    return functions
