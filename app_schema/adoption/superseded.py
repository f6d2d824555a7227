"""What an application knows of the system before it: the objects that it takes the place of."""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.project import Accepted, fits


@dataclass(frozen=True)
class Superseded:
    """Objects that adoption drops: an object as `Key.label` names it, and its definition as PostgreSQL prints
    it. ``*`` stands for any characters.
    """

    object: str
    definition: str = "*"

    def matches(self, label: str, definition: str) -> bool:
        """True if both fit."""
        return fits(self.object, label) and fits(self.definition, definition)


@dataclass(frozen=True)
class SetValue:
    """``[[set]]``: the rows of `table` that `where` finds get `value` in `column`.

    :param source: a table or subquery that the value reads, joined `on` a condition. In all SQL of it
        ``{schema.table}`` is a table as it will be, with its new columns.
    """

    table: str
    column: str
    value: str
    where: str = "true"
    source: str | None = None
    on: str = "true"


@dataclass(frozen=True)
class Adoption:
    """How databases of the system before become databases of an application.

    :param superseded: dropped, and brought back by the downgrade.
    :param left: objects of others that stay in the schemas of the application, each with a reason; `check`
        accepts them.
    :param fill: the values that old rows get in columns that are new.
    """

    superseded: tuple[Superseded, ...] = ()
    left: tuple[Accepted, ...] = ()
    fill: tuple[SetValue, ...] = ()
