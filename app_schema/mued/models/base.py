"""The declarative base: names of constraints, types of annotations, and two traps of declarative closed."""

import re
import uuid
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from types import FunctionType
from typing import Any, ClassVar, dataclass_transform

from sqlalchemy import Date, DateTime, Integer, MetaData, Numeric, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

from app_schema.ddl import Trigger
from app_schema.errors import ModelError
from app_schema.mued.models.enums import ENUM_TYPES
from app_schema.mued.models.types import CreatedAt, UpdatedAt
from app_schema.mued.naming import NAMING_CONVENTION

# Every relationship is lazy="raise": reading an unloaded relationship is an error, not a further query a row.
# The side that holds the key:
refers_to = partial(relationship, lazy="raise")
# The other side. ON DELETE of the key decides about these rows, so the ORM neither loads nor updates them:
referred_by = partial(relationship, lazy="raise", passive_deletes="all")

_DUNDER = re.compile(r"__\w+__")
_SETTINGS = frozenset(
    {
        "__abstract__",
        "__allow_unmapped__",
        "__mapper_args__",
        "__mapper_cls__",
        "__table__",
        "__table_args__",
        "__table_cls__",
        "__tablename__",
    }
)
# attributes that Python and a mapper set in a class
_IMPLICIT = frozenset(
    {
        *dir(type("_", (), {})),
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__class_getitem__",
        "__conditional_annotations__",
        "__firstlineno__",
        "__mapper__",
        "__match_args__",
        "__orig_bases__",
        "__parameters__",
        "__slots__",
        "__static_attributes__",
        "__type_params__",
    }
)


@dataclass_transform(kw_only_default=True)
class Checked:
    """Has type checkers check the names and types of a constructor; at run time nothing.

    No argument is required, since every column has a value behind "=": the server has defaults, a key may
    come from a relationship, and the database checks NOT NULL.
    """


class Base(Checked, DeclarativeBase):
    """Base of all models; ``Base.metadata`` holds all declarations.

    Two traps of declarative are closed for every model:

    * SQLAlchemy lets a model's ``__table_args__`` replace those of its mixins. Here they are joined, the
      model's first.
    * SQLAlchemy ignores a misspelt setting such as ``__tableargs__``. Here :class:`ModelError` is raised.
    """

    metadata = MetaData(schema="public", naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {
        str: Text(),
        int: Integer(),
        Decimal: Numeric(),
        uuid.UUID: Uuid(),
        date: Date(),
        datetime: DateTime(timezone=True),
        **ENUM_TYPES,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = [part for part in cls.__mro__ if part not in Base.__mro__]
        for part in own:
            _refuse_misspelt(part)
        if "__tablename__" in cls.__dict__:
            cls.__table_args__ = _joined_table_args(cls, own)
        super().__init_subclass__(**kwargs)


class Touched(Checked):
    """Mixin: the times of the insert and of the last change; a trigger sets ``updated_at``."""

    created_at: Mapped[CreatedAt] = mapped_column()
    updated_at: Mapped[UpdatedAt] = mapped_column()

    @declared_attr.directive
    def __table_args__(cls: Any) -> Any:  # noqa: N805 - declarative hands the class over
        return (Trigger(f"tr_{cls.__tablename__}_touch", before="UPDATE", execute="app.touch_updated_at()"),)


def _refuse_misspelt(cls: type) -> None:
    for name, value in vars(cls).items():
        # functions are special methods such as __repr__, which Python calls by themselves
        if not _DUNDER.fullmatch(name) or name in _SETTINGS | _IMPLICIT or isinstance(value, FunctionType):
            continue
        close = get_close_matches(name, _SETTINGS, n=1, cutoff=0.0)
        msg = f"{cls.__module__}.{cls.__qualname__}.{name} would be ignored: write {close[0]}"
        raise ModelError(msg)


def _joined_table_args(cls: type, parts: list[type]) -> tuple[Any, ...]:
    items: list[Any] = []
    options: dict[str, Any] = {}
    for part in parts:
        # the arguments of a mapped parent belong to the parent's table, which exists already
        if "__table_args__" not in vars(part) or (part is not cls and hasattr(part, "__mapper__")):
            continue
        args = vars(part)["__table_args__"]
        if hasattr(args, "__get__"):
            args = args.__get__(None, cls)
        if isinstance(args, dict):
            args = (args,)
        if args and isinstance(args[-1], dict):
            options = {**args[-1], **options}
            args = args[:-1]
        items += args
    return (*items, options) if options else tuple(items)
