"""The objects and rows of the former system that an application supersedes, accepts or fills from."""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.project import Accepted, fits


@dataclass(frozen=True)
class Superseded:
    """Objects that adoption drops, by `Key.label` and by the definition that PostgreSQL prints. ``*`` matches
    any characters.
    """

    object: str
    definition: str = "*"

    def matches(self, label: str, definition: str) -> bool:
        return fits(self.object, label) and fits(self.definition, definition)


@dataclass(frozen=True)
class SetValue:
    """``[[set]]``: sets `column` to `value` in the rows of `table` that fulfil `where`.

    :param source: a table or subquery that the value reads, joined `on` a condition. In the SQL
        ``{schema.table}`` is a table after the changes of the revision, with its new columns.
    """

    table: str
    column: str
    value: str
    where: str = "true"
    source: str | None = None
    on: str = "true"

    @property
    def entry(self) -> str:
        """The entry, as a sentence names it."""
        return f"the value {self.value!r} of [[set]] for {self.table}.{self.column} where {self.where!r}"


@dataclass(frozen=True)
class Adoption:
    """The change by which a database of the former system becomes a database of an application.

    :param superseded: the objects to drop; the downgrade creates them again.
    :param left: objects of others to keep in the schemas of the application, each with a reason; `check`
        accepts them.
    :param fill: the values of new columns in existing rows.
    """

    superseded: tuple[Superseded, ...] = ()
    left: tuple[Accepted, ...] = ()
    fill: tuple[SetValue, ...] = ()
