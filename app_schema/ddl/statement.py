"""The statements that create, drop and replace an object, and statements with a guard of their own."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl.guard import Guard
from app_schema.ddl.object import DDLObject
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


class DDLStatement(ExecutableDDLElement, ABC):
    """A statement that converges or refuses."""

    inherit_cache = False

    @abstractmethod
    def sql(self) -> str:
        """The guarded statement."""


class Comparing(DDLStatement):
    """A statement that compares an object with its declaration."""

    element: DDLObject

    @property
    @abstractmethod
    def by(self) -> Guard:
        """The guard."""

    def sql(self, place: int = 0) -> str:
        """The guarded statement.

        :param place: as in :class:`.Guard`.
        """
        guard = dataclasses.replace(self.by, place=place) if place else self.by
        return guard.render()


class Create(Comparing):
    """Creates an object if it is absent; refuses if it exists and is different."""

    def __init__(self, element: DDLObject) -> None:
        self.element = element

    @property
    def creation(self) -> tuple[str, ...]:
        """The unguarded statements."""
        return (*self.element.create_sql(), *self.element.privileges_sql())

    @property
    def by(self) -> Guard:
        """The guard."""
        return self.element.guarded(absent=self.creation, different=None, old=None)


class Drop(DDLStatement):
    """Drops an object if it exists.

    :param recreated: a later statement creates the object again. If a dependent object exists already, the
        object is kept, and the later statement compares it.
    """

    def __init__(self, element: DDLObject, *, recreated: bool = False) -> None:
        self.element = element
        self.recreated = recreated

    def sql(self) -> str:
        return self.element.dropped(recreated=self.recreated)


class Replace(Comparing):
    """Replaces the definition of an object.

    :param old: the only definition that may be replaced; any other is refused. None: any definition.
    """

    def __init__(self, element: DDLObject, old: DDLObject | None = None) -> None:
        if old is not None and old.key != element.key:
            msg = f"{element.label} cannot replace {old.label}: they are different objects"
            raise ModelError(msg)
        self.element = element
        self.old = old

    @property
    def by(self) -> Guard:
        """The guard."""
        new = self.element
        absent = (*new.create_sql(), *new.privileges_sql())
        return new.guarded(absent=absent, different=new.replace_sql(), old=self.old)


class Renaming(NamedTuple):
    """The table, column, constraint, index, enum or sequence that a statement renames."""

    kind: str
    schema: str | None
    table: str | None
    old: str
    new: str


class Labelling(NamedTuple):
    """The enum of which a statement adds or renames a label."""

    schema: str | None
    name: str
    label: str
    before: str | None = None
    after: str | None = None
    instead_of: str | None = None


class Guarded(DDLStatement):
    """A statement with a special guard, or with this SQL.

    :param change: the object of another statement that this statement changes.
    :param names: the names of objects that must exist.
    :param runs: the handwritten SQL that this statement executes.
    """

    def __init__(
        self,
        by: str | Guard,
        change: Renaming | Labelling | None = None,
        names: tuple[str, ...] = (),
        runs: str = "",
    ) -> None:
        self.by = by
        self.change = change
        self.names = names
        self.runs = runs

    def sql(self) -> str:
        return self.by if isinstance(self.by, str) else self.by.render()


@compiles(DDLStatement)
def _compile(element: DDLStatement, compiler: DDLCompiler, **_: Any) -> str:
    # doubles "%" for drivers that read it as a placeholder, and leaves it alone in --sql
    return compiler.sql_compiler.post_process_text(element.sql())  # type: ignore[no-any-return, no-untyped-call]  # SQLAlchemy's
