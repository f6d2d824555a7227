"""Generated columns whose expression changes in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.column import PrintedColumn
from app_schema.migrations.compare.kinds import sequence

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.sides import Sides
    from app_schema.migrations.directives import CallOp

_SETS_EXPRESSION = (17,)
"""The first version with ALTER COLUMN ... SET EXPRESSION."""


def changes_in_place(sides: Sides, key: Key) -> bool:
    """True if the column gets another generation expression in place, which PostgreSQL 17 can.

    That of a virtual column only where neither the table nor a partition has a CHECK or is in a publication
    by its name.
    """
    declared, reflected = sides.declared.get(key), sides.reflected.get(key)
    version = sides.connection.dialect.server_version_info or (0,)
    if declared is None or reflected is None or version < _SETS_EXPRESSION:
        return False
    new, old = PrintedColumn.of(declared), PrintedColumn.of(reflected)
    return new.sets_expression_of(old) and ("STORED" in new.how or _changes_virtual(sides, key))


def _changes_virtual(sides: Sides, key: Key) -> bool:
    place = (key.schema, key.table)
    checked = any(
        other.kind == "constraint" and other[1:3] == place and definition.startswith("CHECK")
        for side in (sides.declared, sides.reflected)
        for other, definition in side.items()
    )
    return not checked and place not in sides.fixed_tables


def set_expression(sides: Sides, key: Key) -> CallOp:
    """The call that changes the expression."""
    new, old = (PrintedColumn.of(side[key]).computed for side in (sides.declared, sides.reflected))
    return sequence.change_server_default(sides, key, new, old)
