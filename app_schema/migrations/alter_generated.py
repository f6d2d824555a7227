"""The guards of generated columns and of identities."""

from __future__ import annotations

from dataclasses import replace

from alembic.ddl import base as ops
from sqlalchemy import Computed, Identity
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl import privileges
from app_schema.ddl.block import DIFFERENT
from app_schema.ddl.column import DEFAULT, IDENTITY, column_query
from app_schema.ddl.guard import Guard
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.sql import DIALECT, dollar, ident, literal, qualified
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError
from app_schema.migrations.altering import alteration, on_twin


def computed(construct: ops.ComputedColumnDefault) -> ExecutableDDLElement:
    old, new = construct.existing_server_default, construct.default
    label = f"column {construct.column_name} of {qualified(construct.table_name, construct.schema)}"
    if not isinstance(new, Computed) or not isinstance(old, Computed):
        msg = (
            f"{label}: PostgreSQL cannot turn an existing column into a generated one; "
            "write op.add_column(...) with the generated column under another name"
        )
        raise ModelError(msg)
    change = _set_expression(construct, new, construct.table_name, construct.schema)
    sides = [_expression_twin(construct, label, expression) for expression in (new, old)]
    guard = Guard(
        label=label,
        namespace=table_schema(construct.table_name, construct.schema),
        definition=column_query(construct.table_name, construct.column_name, DEFAULT),
        new=sides[0],
        old=sides[1],
        absent=None,
        different=(change,),
        remedy="write the found expression in existing_server_default=",
    )
    return Guarded(guard)


def _set_expression(
    construct: ops.ComputedColumnDefault, computed: Computed, table: str, schema: str | None
) -> str:
    # SQLAlchemy has no construct for SET EXPRESSION; it compiles the expression of ADD COLUMN with these
    # options
    options = {"literal_binds": True, "include_table": False}
    expression = computed.sqltext.compile(dialect=DIALECT, compile_kwargs=options)
    column = ident(construct.column_name)
    return f"ALTER TABLE {qualified(table, schema)} ALTER COLUMN {column} SET EXPRESSION AS ({expression})"


def _expression_twin(construct: ops.ComputedColumnDefault, label: str, computed: Computed) -> Side:
    table = construct.table_name
    # a server before 17 would report a syntax error at EXPRESSION
    too_old = f"""
BEGIN
  IF current_setting('server_version_num')::int < 170000 THEN
    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}',
      MESSAGE = {literal(f"{label}: PostgreSQL changes a generated expression from version 17 on")},
      HINT = 'write op.drop_column(...) and op.add_column(...)';
  END IF;
END
"""
    make = f"CREATE TABLE {qualified(table, 'pg_temp')} (LIKE {qualified(table, construct.schema)} "
    make += "INCLUDING GENERATED)"
    change = _set_expression(construct, computed, table, "pg_temp")
    return Side(twin=("DO " + dollar(too_old, "version"), make, change))


def identity(construct: ops.IdentityColumnDefault) -> ExecutableDDLElement:
    def side(options: Identity | None) -> Side:
        if not isinstance(options, Identity):
            return Side(value="''")
        add = ops.IdentityColumnDefault(
            construct.table_name, construct.column_name, options, construct.impl, schema=construct.schema
        )
        name = ident(construct.column_name)
        # LIKE copies a NOT NULL that is NO INHERIT, and SET NOT NULL refuses to change that
        first = ("DROP DEFAULT", "DROP NOT NULL", "SET NOT NULL")
        return on_twin(add, *(f"ALTER COLUMN {name} {action}" for action in first))

    old, new = construct.existing_server_default, construct.default
    stated = side(old) if isinstance(old, Identity) else Side(value="''")
    guard = alteration(construct, IDENTITY, side(new), stated)
    if isinstance(old, Identity) and isinstance(new, Identity):
        alter = f"ALTER TABLE {qualified(construct.table_name, construct.schema)} "
        alter += f"ALTER COLUMN {ident(construct.column_name)} {_settings(new)}"
        # RESTART: the current value is outside the bounds of a sequence with the opposite sign of INCREMENT
        is_reversed = ((old.increment or 1) < 0) != ((new.increment or 1) < 0)
        return Guarded(replace(guard, different=(alter + " RESTART" * is_reversed,)))
    # ADD and DROP IDENTITY accept no other state: as with plain Alembic, no warning
    guard = replace(guard, noted="")
    if isinstance(new, Identity):
        own = privileges.of_column(construct.table_name, construct.column_name, construct.schema)
        guard = replace(guard, different=(*(guard.different or ()), own))
    return Guarded(guard)


def _settings(identity: Identity) -> str:
    """All options: ALTER would keep the old value of an omitted one, so its default is written."""
    step, least, greatest = identity.increment or 1, identity.minvalue, identity.maxvalue
    usual_start = (1 if least is None else least) if step > 0 else (-1 if greatest is None else greatest)
    options = (
        "GENERATED ALWAYS" if identity.always else "GENERATED BY DEFAULT",
        f"INCREMENT BY {step}",
        "NO MINVALUE" if least is None else f"MINVALUE {least}",
        "NO MAXVALUE" if greatest is None else f"MAXVALUE {greatest}",
        f"START WITH {usual_start if identity.start is None else identity.start}",
        f"CACHE {identity.cache or 1}",
        "CYCLE" if identity.cycle else "NO CYCLE",
    )
    return " ".join(f"SET {option}" for option in options)
