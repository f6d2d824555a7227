"""Pydantic models of the schema that the package carries: ``UserRead``, ``UserCreate``, ``UserUpdate``, ...

A model for each class of `app_schema.models` and purpose; :func:`app_schema.ext.schema.row_schema` creates
others. The models need the extra ``fastapi``. Their types are in ``schemas.pyi``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from app_schema.application import DEFAULT, Application, load
from app_schema.ext.schema import row_schema
from app_schema.shape import PURPOSES


@cache
def _known() -> dict[str, Any]:
    app: Application = load(DEFAULT)
    return {
        f"{mapper.class_.__name__}{purpose.capitalize()}": (mapper.class_, purpose, app)
        for mapper in app.mappers
        for purpose in PURPOSES
    }


def __getattr__(name: str) -> Any:
    """The model of a name, created at the first access."""
    if name not in _known():
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    model, purpose, app = _known()[name]
    schema = globals()[name] = row_schema(model, purpose, app=app)
    return schema


def __dir__() -> list[str]:
    return sorted(_known())
