"""Statements about an object that a later statement renames, after which another object gets its name.

In a second run the name means the other object, which the statement would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from alembic.ddl import base as ops
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex, ExecutableDDLElement

from app_schema.ddl import Create, DDLStatement, Drop, Guarded, Replace
from app_schema.ddl.block import block
from app_schema.ddl.rename import oid_of
from app_schema.ddl.sql import dollar, plain
from app_schema.ddl.statement import Labelling, Renaming
from app_schema.migrations.foresight.constructs import DROPS, WHOLE, Later, creates, named, renaming, subject
from app_schema.migrations.foresight.whole import has_column


class LaterRename(NamedTuple):
    """A later rename, after which a statement must not run.

    :param number: its place among the later constructs.
    :param is_decisive: an object of the new name exists only after it.
    """

    number: int
    change: Renaming
    is_decisive: bool

    @property
    def exists(self) -> str:
        """SQL expression: an object has the new name."""
        kind, schema, _, _, new = self.change
        return (
            has_column(self.change, new) if kind == "column" else f"{oid_of(kind, new, schema)} IS NOT NULL"
        )


def later_renames_of(construct: Any, later: Later) -> list[LaterRename]:
    """The renames of what a construct changes, or of its table, if another object gets the old name."""
    for place in _changed(construct):
        own, used, later_renames = place, set[Any](), list[LaterRename]()
        for number, other in enumerate(later):
            change = renaming(other)
            if change is not None and named(change, change.old) == own:
                own = named(change, change.new)
                later_renames.append(LaterRename(number, change, own not in used))
                continue
            created = named(change, change.new) if change is not None else creates(other) and subject(other)
            if later_renames and created == place:
                return later_renames
            if change is not None or isinstance(other, DROPS):
                used.add(subject(other) if change is None else named(change, change.old))
    return []


def _changed(construct: Any) -> Iterator[tuple[Any, ...]]:
    """The column, table, enum or sequence that a construct changes, but does not create, drop or rename."""
    element: Any = getattr(construct, "element", None)
    change = getattr(construct, "change", None)
    if isinstance(construct, ops.AlterColumn) and renaming(construct) is None:
        yield "column", construct.schema, str(construct.table_name), str(construct.column_name)
    if isinstance(change, Labelling):
        yield "enum", change.schema, None, change.name
    elif isinstance(construct, Replace) and element.kind in WHOLE:
        yield element.identity
    if (table := _table(construct, element, change)) is not None:
        yield "table", table[0], None, table[1]


def _table(construct: Any, element: Any, change: Any) -> tuple[str | None, str] | None:
    """The table of the part that a construct creates, changes or drops."""
    if isinstance(construct, ops.AlterTable) and not isinstance(construct, ops.RenameTable):
        return construct.schema, str(construct.table_name)
    if isinstance(construct, AddConstraint | DropConstraint | CreateIndex | DropIndex):
        table = element.table
        return None if table is None else (table.schema, str(table.name))
    if isinstance(change, Renaming):
        return None if change.table is None else (change.schema, change.table)
    if isinstance(construct, Create | Drop | Replace) and element.table is not None:
        return element.schema, element.table
    return None


def unless_renamed(
    construct: ExecutableDDLElement,
    statement: ExecutableDDLElement,
    later_renames: list[LaterRename],
    earlier_run: str,
    recorded: list[str],
    refusals: list[str],
) -> Guarded:
    """The statement, unless an earlier run has renamed its object.

    :param earlier_run: SQL expression: an earlier run may have reached the statement.
    :param recorded: PL/pgSQL that sets the variable ``renamed`` to true if one of the renames is recorded.
    :param refusals: PL/pgSQL that refuses if the database does not tell.
    """
    sql = statement.sql() if isinstance(statement, DDLStatement) else plain(construct)
    is_renamed = " OR ".join(rename.exists for rename in later_renames if rename.is_decisive) or "false"
    return Guarded(
        block(
            [
                "DECLARE",
                f"  renamed boolean := {earlier_run} AND ({is_renamed});",
                "BEGIN",
                *recorded,
                "  IF NOT renamed THEN",
                *refusals,
                f"    EXECUTE {dollar(sql)};",
                "  END IF;",
                "END",
            ]
        ),
        getattr(statement, "change", None),
    )
