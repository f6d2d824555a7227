"""Columns that are added, dropped, or both: generated ones, whose expression PostgreSQL does not change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column, Computed, DefaultClause, Identity

from app_schema import upstream
from app_schema.ddl import Key
from app_schema.ddl.printed import PrintedType
from app_schema.migrations.compare import alter_column, sequence
from app_schema.migrations.compare.printed_column import PrintedColumn, escaped, is_rebuilt, parts
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a column that is absent; that of a new table comes with it."""
    if comparison.new(key):
        return
    operation = _add_column(comparison, key)
    if not operation.column.nullable and _lacks_values(comparison, key, comparison.wanted):
        operation.column.nullable = True
        comparison.plan.notes.append(UnwritableOp(_FILL.format(column=key.name, table=key.table)))
    comparison.plan.make(_makes(wanted), operation)


_FILL = (
    "column {column} of {table} is declared NOT NULL without a default, and {table} has rows: it is added "
    'nullable. Fill it, as by op.run_once("fill {table}.{column}", "UPDATE {table} SET {column} = ... WHERE '
    '{column} IS NULL"); then autogenerate writes SET NOT NULL. Or declare a server_default'
)
_LEFT_NULL = (
    "column {column} of {table} comes back nullable, because {table} has rows and their values are lost; "
    "fill it, then set NOT NULL"
)


def _lacks_values(comparison: Comparison, key: Key, side: Mapping[Key, str]) -> bool:
    """Whether the rows that are there would get no value: ADD COLUMN ... NOT NULL fails then."""
    part = parts(side[key])
    filled = part.how or part.identity or sequence.serial(side, key)
    return not part.nullable and not filled and comparison.holds_rows(key)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans what makes a found column the declared one; those of a view follow it."""
    if Key("table", key.schema, None, key.table or "") not in comparison.found:
        return
    if comparison.sets_expression(key):
        comparison.plan.make(Makes.GENERATED, _set_expression(comparison, key))
        if (nullable := parts(wanted).nullable) != parts(found).nullable:
            # no CHECK beforehand: the table is locked for its new values anyway, and the old ones may be NULL
            call = alter_column.set_nullable(comparison, key, nullable=nullable)
            comparison.plan.make(Makes.GENERATED, call)
    elif is_rebuilt(wanted, found):
        regenerate(comparison, key)
    else:
        new, old = parts(wanted), parts(found)
        alter_column.alter(comparison, key, _asked(comparison, key, new, old), old)


def _set_expression(comparison: Comparison, key: Key) -> CallOp:
    sides = [parts(side[key]) for side in (comparison.wanted, comparison.found)]
    new, old = (Computed(escaped(one.expression), persisted="STORED" in one.how) for one in sides)
    return sequence.change_server_default(comparison, key, new, old)


def _asked(comparison: Comparison, key: Key, new: PrintedColumn, old: PrintedColumn) -> PrintedColumn:
    """The declared column, as far as ``compare_type`` and ``compare_server_default`` see a difference.

    They can leave a difference out. They cannot make one of what PostgreSQL prints the same.
    """
    asked: Mapping[str, Any] = comparison.context.opts.get("asked", {})
    if new.type != old.type and "compare_type" in asked:
        answer = asked["compare_type"]
        if callable(answer):
            declared, found = comparison.column(key), comparison.managed.reflected_column(key)
            context = comparison.context.migration_context
            answer = answer(context, found, declared, found.type, declared.type)
        if answer is False:
            new = new._replace(type=old.type)
    if new.rule != old.rule and "compare_server_default" in asked:
        answer = asked["compare_server_default"]
        if callable(answer):
            declared, found = comparison.column(key), comparison.managed.reflected_column(key)
            printed = old.expression or None, declared.server_default, new.expression or None
            answer = answer(comparison.context.migration_context, found, declared, *printed)
        if answer is False:
            new = new._replace(how=old.how, expression=old.expression)
    return new


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a column that nobody declared."""
    if sequence.kept(comparison, key) is not None:
        told = "the downgrade makes it serial: name, type and START of its sequence do not come back"
        comparison.plan.notes.append(UnwritableOp(f"{key.label}: {told}"))
    operation = _drop_column(comparison, key)
    if _lacks_values(comparison, key, comparison.found):
        operation = _drop_column(comparison, key, nullable=True)
        note = UnwritableOp(_LEFT_NULL.format(column=key.name, table=key.table))
        comparison.plan.drop(_drops(found), OnTheWayBackOp(note))
    comparison.plan.drop(_drops(found), operation)


def regenerate(comparison: Comparison, key: Key) -> None:
    """A generated column is dropped and added: PostgreSQL changes no expression, and the values follow from
    the row."""
    found = comparison.found[key]
    comparison.gone.add(key)
    removed(comparison, key, found)
    recreate_from = comparison.recreate_from(key)
    if recreate_from == "declared":
        comparison.plan.make(_makes(comparison.wanted[key]), _add_column(comparison, key))
    elif recreate_from == "found":
        comparison.plan.make(_makes(found), _drop_column(comparison, key).reverse())


def _makes(printed: str) -> Makes:
    """A generated column comes when those that it reads are there and as they shall be."""
    return Makes.GENERATED if parts(printed).generated else Makes.COLUMN


def _drops(printed: str) -> Drops:
    return Drops.GENERATED if parts(printed).generated else Drops.COLUMN


def _add_column(comparison: Comparison, key: Key) -> ops.AddColumnOp:
    table = comparison.declared.tables[key.schema or "", key.table or ""]
    column = next(one for one in table.columns if one.name == key.name)
    serial = sequence.serial(comparison.wanted, key)
    bare: Column[Any] = Column(
        column.name,
        column.type if serial is None else PrintedType(serial),
        *_generated(column),
        nullable=column.nullable,
        server_default=_default(column),
        comment=column.comment,
    )
    return ops.AddColumnOp(table.name, bare, schema=table.schema)


def _generated(column: Column[Any]) -> list[Any]:
    return [upstream.copied(one) for one in (column.computed, column.identity) if one is not None]


def _default(column: Column[Any]) -> Any:
    # the others are no default in DDL: generated columns, and values that only the ORM fetches
    return column.server_default if isinstance(column.server_default, DefaultClause) else None


def _drop_column(comparison: Comparison, key: Key, *, nullable: bool = False) -> ops.DropColumnOp:
    column = reflected(comparison, key)
    column.nullable = column.nullable or nullable
    return ops.DropColumnOp.from_column_and_tablename(comparison.schema(key), key.table or "", column)


def reflected(comparison: Comparison, key: Key, *, own_sequence: bool = False) -> Column[Any]:
    """A found column, with all that makes it again.

    :param own_sequence: a sequence that no serial column gets by itself is made beside it.
    """
    part = parts(comparison.found[key])
    serial = sequence.serial(comparison.found, key)
    if own_sequence and sequence.kept(comparison, key) is not None:
        serial = None
    extra: list[Any] = []
    if part.identity:
        extra.append(Identity(**sequence.identity(comparison.found, key)))
    elif part.generated:
        extra.append(Computed(escaped(part.expression), persisted="STORED" in part.how))
    return Column(
        key.name,
        PrintedType(serial or part.type),
        *extra,
        nullable=part.nullable,
        server_default=None if serial else part.default,
        comment=comparison.found.get(Key("comment", key.schema, key.table, key.name)),
    )
