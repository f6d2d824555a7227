"""A schema as a value: what the strategies draw, before it becomes metadata.

A shape holds no SQL. Where an expression is needed, it holds a number, which chooses among those that fit the
type of the column; so whatever is drawn can be declared, and a changed type changes what hangs on the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Schema and name."""

    schema: str
    name: str


@dataclass(frozen=True)
class Column:
    """A column.

    :param default: the number of a default.
    :param computed: the column that a generated one reads.
    """

    name: str
    type: str
    nullable: bool = True
    default: int | None = None
    identity: str | None = None
    serial: bool = False
    computed: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Constraint:
    """Of any kind: primary, unique, check, foreign or exclude. A kind has some of the fields."""

    name: str
    kind: str
    columns: tuple[str, ...]
    number: int = 0
    target: Place | None = None
    target_columns: tuple[str, ...] = ()
    on_delete: str | None = None
    on_update: str | None = None
    deferrable: bool = False
    nulls_not_distinct: bool = False
    comment: str | None = None


@dataclass(frozen=True)
class Index:
    """An index.

    :param items: columns, each with the number of what is indexed of it.
    :param where: a column and the number of a condition.
    """

    name: str
    items: tuple[tuple[str, int], ...]
    unique: bool = False
    where: tuple[str, int] | None = None
    include: tuple[str, ...] = ()
    method: str = "btree"
    fillfactor: int | None = None


@dataclass(frozen=True)
class Trigger:
    """A trigger.

    :param of: the columns of an UPDATE OF.
    :param when: the column that a WHEN reads.
    """

    name: str
    timing: str
    events: tuple[str, ...]
    function: Place
    for_each: str = "ROW"
    of: tuple[str, ...] = ()
    when: str | None = None


@dataclass(frozen=True)
class Policy:
    """A policy.

    :param reads: what its expression reads: nothing, column, function, or table, which is another one.
    """

    name: str
    command: str
    restrictive: bool
    reads: str
    column: str
    number: int
    other: Place


@dataclass(frozen=True)
class Table:
    """A table and all that hangs on it.

    :param row_security: off, on or forced.
    :param granted: the columns that PUBLIC may read; () is the whole table.
    """

    place: Place
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    row_security: str = "off"
    granted: tuple[str, ...] | None = None
    comment: str | None = None

    @property
    def types(self) -> dict[str, str]:
        """Name of a column -> its type."""
        return {column.name: column.type for column in self.columns}

    def primary(self) -> Constraint | None:
        """The primary key."""
        return next((constraint for constraint in self.constraints if constraint.kind == "primary"), None)


@dataclass(frozen=True)
class Enum:
    """An enum and its labels in their order."""

    place: Place
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A trigger function, or one of an argument that views and policies call."""

    place: Place
    arguments: str
    returns: str
    number: int
    volatility: str
    definer: bool
    pinned: bool

    @property
    def key(self) -> tuple[Place, str]:
        """Two functions of one name differ by their arguments."""
        return self.place, self.arguments


@dataclass(frozen=True)
class View:
    """A view.

    :param source: a table or an earlier view.
    :param grouped: grouped by the primary key, on which it then depends.
    """

    place: Place
    source: Place
    columns: tuple[str, ...]
    where: tuple[str, int] | None
    calls: bool
    grouped: bool
    invoker: bool
    granted: bool


@dataclass(frozen=True)
class Other:
    """The objects of rarer kinds; a shape has at most one of each word.

    :param number: that of its definition.
    :param table: what it hangs on, if it hangs on a table, and there on the column.
    """

    word: str
    number: int
    table: Place
    column: str


@dataclass(frozen=True)
class Shape:
    """A whole schema."""

    enums: tuple[Enum, ...] = ()
    tables: tuple[Table, ...] = ()
    functions: tuple[Function, ...] = ()
    views: tuple[View, ...] = ()
    others: tuple[Other, ...] = ()
