"""The columns whose new type may hold less than a value has: the time of a day, the spelling of a uuid.

PostgreSQL would convert such a value without an error. The page counts the rows, and the revision refuses
them under its lock, because the former application may have written them after the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_schema.adoption.mend import once
from app_schema.catalog.cast import base, round_trip
from app_schema.catalog.exact import is_exact
from app_schema.ddl import Key
from app_schema.ddl.block import block, refuse
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sql import ident, qualified

if TYPE_CHECKING:
    from app_schema.adoption.future import Future, Table
    from app_schema.migrations.directives import CallOp

_WITHOUT_EQUALITY = {"json", "xml", "point"}


@dataclass(frozen=True)
class Narrowing:
    """A column with its old and new type.

    :param returned: SQL of the value that comes back after the conversion.
    :param where: the condition of a row whose value does not come back.
    """

    table: Table
    column: str
    old: str
    new: str
    returned: str
    where: str


def narrowing(future: Future, table: Table, column: str) -> Narrowing | None:
    """None if the conversion is exact, or its inverse is unknown."""
    look, name = future.look, ident(column)
    old, new = (
        PrintedColumn.of(side[Key("column", *table, column)]).type
        for side in (look.sides.reflected, look.sides.declared)
    )
    clause = future.conversions[table, column]
    clause_or_none = None if clause == name else clause
    if is_exact(old, new, clause_or_none) or base(old) in _WITHOUT_EQUALITY:
        return None
    trip = round_trip(look.connection, column, old, new, clause_or_none)
    if trip is None:
        return None
    converted, back = trip
    returned = f"(SELECT ({back})::{old} FROM (SELECT {converted} AS new) AS c)"
    where = f"{returned} IS DISTINCT FROM {name}"
    if unfit := future.unfit(table, column):  # another rule, whose values the conversion would refuse
        where = f"CASE WHEN {unfit} THEN false ELSE {where} END"
    return Narrowing(table, column, old, new, returned, where)


def narrowings(future: Future) -> list[Narrowing]:
    """All columns of that kind."""
    candidates = (narrowing(future, table, column) for table, column in future.conversions)
    return [each for each in candidates if each is not None]


def refusals(future: Future) -> Iterator[CallOp]:
    """The calls that refuse such rows before the types change."""
    for loss in narrowings(future):
        schema, name = loss.table
        place = f"{schema}.{name}.{loss.column}"
        message = f"{place}: {loss.new} does not hold the whole value of a row"
        check = [
            "BEGIN",
            f"  IF EXISTS (SELECT FROM {qualified(name, schema)} WHERE {loss.where}) THEN",
            refuse(message),
            "  END IF;",
            "END",
        ]
        yield once(f"keep {place}", block(check), None)
