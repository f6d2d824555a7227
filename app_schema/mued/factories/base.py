"""The base of the factories, and the helpers that several of them use."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from polyfactory import PostGenerated
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory
from polyfactory.field_meta import FieldMeta
from sqlalchemy.orm import Session, object_session

from app_schema.errors import ModelError
from app_schema.mued.models import Base

Row = TypeVar("Row", bound=Base)

_NUMBERS = count(1)


def unique(prefix: str) -> str:
    """A text that is unique in the database."""
    return f"{prefix}_{uuid4().hex}"


def number() -> int:
    """A number that is unique in this process."""
    return next(_NUMBERS)


class RowFactory(SQLAlchemyFactory[Row]):
    """Builds valid rows of one table: sets the columns that the factory names or that have no default.

    All other columns keep the defaults of the database. Referenced rows are built too, unless the caller
    gives the object (``user=ann``) or the key (``user_id=ann.id``).
    """

    __is_base_factory__ = True
    __set_association_proxy__ = False

    of: ClassVar[dict[type[Base], type[RowFactory[Any]]]] = {}
    """The factory of each model: the first declared."""

    def __init_subclass__(cls, *args: Any, **kwargs: Any) -> None:
        super().__init_subclass__(*args, **kwargs)
        RowFactory.of.setdefault(cls.__model__, cls)

    @staticmethod
    def for_model(model: type[Row]) -> type[RowFactory[Row]]:
        """The factory of a model; a factory is registered by its declaration."""
        try:
            return RowFactory.of[model]
        except KeyError:
            name = model.__name__
            msg = f"{name} has no factory: write class {name}Factory(RowFactory[{name}]), and import it."
            raise ModelError(msg) from None

    @classmethod
    def create(cls, session: Session, /, **values: Any) -> Row:
        """Build a row and the rows that the row refers to, and flush them in `session`."""
        row = cls.build(**values)
        session.add(row)
        session.flush()
        return row

    @classmethod
    def get_sqlalchemy_types(cls) -> dict[Any, Any]:
        return super().get_sqlalchemy_types() | {Vector: lambda: None}

    @classmethod
    def get_field_value(cls, field_meta: FieldMeta, *args: Any, **kwargs: Any) -> Any:
        """A unique text instead of polyfactory's random text, which may be empty and violate a check."""
        column = sa.inspect(cls.__model__).columns.get(field_meta.name)
        if column is None or not isinstance(column.type, sa.String) or isinstance(column.type, sa.Enum):
            return super().get_field_value(field_meta, *args, **kwargs)
        return unique(field_meta.name)[-(column.type.length or 0) :]

    @classmethod
    def should_set_field_value(cls, field_meta: FieldMeta, **kwargs: Any) -> bool:
        mapper = sa.inspect(cls.__model__)
        name = field_meta.name
        named = hasattr(cls, name) and not hasattr(RowFactory, name)
        if name in kwargs:
            return False
        if name in mapper.relationships:
            columns = mapper.relationships[name].local_columns
            return named and not any(mapper.get_property_by_column(key).key in kwargs for key in columns)
        column = mapper.columns[name]
        return named or not (
            column.nullable or column.foreign_keys or column.server_default or column.computed
        )


def same(parent: str, name: str) -> PostGenerated:
    """The row that the parent refers to by this name: a slot's mentor, a question's session."""
    return PostGenerated(lambda _, values: _related(values[parent], name) if parent in values else None)


def of_owner(factory: type[RowFactory[Any]], parent: str) -> PostGenerated:
    """A row of the same owner as the parent."""
    return PostGenerated(
        lambda _, values: factory.build(user=_related(values[parent], "user")) if parent in values else None
    )


def _related(row: Base, name: str) -> Any:
    state = sa.inspect(row)
    session = object_session(row)
    if session is None or name not in state.unloaded:
        return getattr(row, name)
    # an unloaded relationship raises (lazy="raise"), so the row is read by its key
    relationship = state.mapper.relationships[name]
    [(column, _)] = relationship.local_remote_pairs
    key = state.mapper.get_property_by_column(column).key
    return session.get(relationship.mapper.class_, getattr(row, key))
