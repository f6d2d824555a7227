"""The address of a list: a name that it does not know is refused, because the list would show other rows."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

_PARAMETERS = ("q", "filter", "sort", "cols", "page", "page_size")


def require_known(query: QueryParams, columns: Collection[str], sortable: Collection[str]) -> None:
    """Raises HTTPException for a parameter of a list, or a column in it, that does not exist.

    starlette-admin refuses an unknown column of ``?filter=`` itself, and ignores all others.
    """
    for name in query:
        if name not in _PARAMETERS:
            hint = f" For a column write ?filter={name}__eq=VALUE." if name in columns else ""
            raise _unknown("parameter", name, _PARAMETERS, hint)
    for sort in filter(None, query.getlist("sort")):
        column, _, direction = sort.rpartition("__")
        if column not in sortable or direction not in {"asc", "desc"}:
            raise _unknown("order", sort, [f"{name}__asc" for name in sortable])
    for column in filter(None, query.get("cols", "").split(",")):
        if column.strip() not in columns:
            raise _unknown("column", column, columns)


def _unknown(what: str, name: str, known: Collection[str], hint: str = "") -> HTTPException:
    names = difflib.get_close_matches(name, known, 3)
    suggestion = f" Did you mean {' or '.join(names)}?" if names and not hint else ""
    return HTTPException(400, f"This list has no {what} {name!r}.{suggestion}{hint}")
