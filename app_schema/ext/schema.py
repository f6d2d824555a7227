"""Pydantic models of mapped classes: for requests, and as `response_model` of FastAPI."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, create_model
from sqlalchemy.orm import Mapper

from app_schema.application import Application, find
from app_schema.errors import ConfigurationError
from app_schema.ext.storable import storable
from app_schema.shape import Purpose, Shape, shapes


class RowSchema(BaseModel):
    """The base class: reads the attributes of a row, and refuses unknown fields."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


def row_schema(
    model: type[Any],
    purpose: Purpose = "read",
    *,
    include: Collection[str] | None = None,
    exclude: Collection[str] = (),
    name: str | None = None,
    app: Application | None = None,
) -> type[BaseModel]:
    """The Pydantic model of a mapped class.

    :param purpose: ``read``: all columns but the secrets of the application; ``create``: what a person may
        insert; ``update``: the same with every field optional, for ``model_dump(exclude_unset=True)``. Both
        refuse the values that PostgreSQL cannot store (:func:`app_schema.ext.storable.storable`).
    :param include: only these attributes; a secret may be named here.
    :param exclude: not these.
    :raises ConfigurationError: where the class has no such attribute.
    """
    app = app or find()
    mapper: Mapper[Any] = sa.inspect(model)
    known = {attribute.key for attribute in mapper.column_attrs}
    for attribute in (*(include or ()), *exclude):
        if attribute not in known:
            raise ConfigurationError(f"{model.__name__} has no column attribute {attribute}.")
    fields: dict[str, Any] = {
        shape.name: _field(shape, purpose)
        for shape in shapes(app, mapper, purpose, include or ())
        if (include is None or shape.name in include) and shape.name not in exclude
    }
    return create_model(
        name or f"{model.__name__}{purpose.capitalize()}",
        __base__=RowSchema,
        __doc__=model.__doc__,
        __module__=__name__,
        **fields,
    )


def _field(shape: Shape, purpose: Purpose) -> tuple[Any, Any]:
    described: dict[str, Any] = {"description": shape.doc}
    if shape.name != shape.column:  # Python needs the name for something else, JSON does not
        described |= {
            "serialization_alias": shape.column,
            "validation_alias": AliasChoices(shape.name, shape.column),
        }
    if purpose != "read" and shape.optional:  # None is no value of a column that is NOT NULL
        described["default"] = None
    type_ = shape.type_ if purpose == "read" else Annotated[shape.type_, AfterValidator(storable)]
    return type_, Field(**described)
