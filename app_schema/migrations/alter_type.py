"""The guards of new column types: of one column, or of several in one ALTER TABLE."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import Column
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeEngine

from app_schema.ddl.block import DIFFERENT, block
from app_schema.ddl.column import TYPE
from app_schema.ddl.guard import Guard
from app_schema.ddl.single import single
from app_schema.ddl.sql import DIALECT, dollar, ident, literal, qualified
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError
from app_schema.migrations.altering import alteration, is_lenient

_PRINTS = {
    **{
        name: name.lower()
        for name in (
            "BIGINT",
            "BOOLEAN",
            "BYTEA",
            "DATE",
            "DOUBLE PRECISION",
            "INTEGER",
            "INTERVAL",
            "JSON",
            "JSONB",
            "NUMERIC",
            "REAL",
            "SMALLINT",
            "TEXT",
            "TIMESTAMP WITH TIME ZONE",
            "TIMESTAMP WITHOUT TIME ZONE",
            "UUID",
        )
    },
    "FLOAT": "double precision",
    "VARCHAR": "character varying",
}
"""The prints of built-in types, as SQLAlchemy writes them. PostgreSQL prints any other type on a twin."""
_SIZED = re.compile(r"(VARCHAR|NUMERIC)(\(\d+\)|\(\d+, \d+\))")


def _type_side(construct: ops.AlterColumn, type_: TypeEngine[object]) -> Side:
    column = CreateColumn(Column(construct.column_name, type_)).compile(dialect=DIALECT)
    twin = qualified(construct.table_name, "pg_temp")
    create = f"CREATE TEMPORARY TABLE {twin} ({column})"
    return Side(twin=(create,), printed=_printed(type_.compile(dialect=DIALECT)))


def _printed(type_: str) -> str:
    """The print of PostgreSQL for a type; empty if only PostgreSQL knows it."""
    if sized := _SIZED.fullmatch(type_):
        name, size = sized.groups()
        # PostgreSQL adds a scale to NUMERIC(10)
        return "" if name == "NUMERIC" and "," not in size else _PRINTS[name] + size.replace(", ", ",")
    return _PRINTS.get(type_, "")


def _stated(construct: ops.AlterColumn, type_: TypeEngine[object]) -> Side:
    try:
        return _type_side(construct, type_)
    except CompileError as error:  # a type of another database
        if is_lenient(construct):
            return Side(value="NULL::text")
        column = f"column {construct.column_name} of {qualified(construct.table_name, construct.schema)}"
        raise ModelError(f"{column}: existing_type={type_!r} is not a type of PostgreSQL") from error


_UNFIT = "write postgresql_using= with an expression that converts every row, or correct the rows first"
_CHANGES = "app_schema.changes"
"""Setting: the changes of all columns of a table whose type differs, for one ALTER TABLE."""
_ZONE = "app_schema.zone"
_AT_UTC = (
    f"SELECT set_config('{_ZONE}', current_setting('TimeZone'), true), set_config('TimeZone', 'UTC', true)"
)
_AT_ZONE_AGAIN = f"SELECT set_config('TimeZone', current_setting('{_ZONE}'), true)"


def column_type(construct: PostgresqlColumnType | ops.ColumnType) -> ExecutableDDLElement:
    type_ = construct.type_.compile(dialect=DIALECT)
    guard = _retype(construct)
    unfit = f"{guard.label} cannot be converted to {type_}"
    if _is_at_utc(construct):
        table = qualified(construct.table_name, construct.schema)
        change = f"ALTER TABLE {table} {_change(construct, using=False)}"
        guard = replace(guard, different=(_AT_UTC, change, _AT_ZONE_AGAIN))
    return Guarded(replace(guard, unfit=unfit, unfit_remedy=_UNFIT))


def _retype(construct: PostgresqlColumnType | ops.ColumnType) -> Guard:
    # a second run of USING n * 100 would multiply twice: only a column of existing_type is converted
    old = None if construct.existing_type is None else _stated(construct, construct.existing_type)
    return alteration(construct, TYPE, _type_side(construct, construct.type_), old)


def _change(construct: PostgresqlColumnType | ops.ColumnType, *, using: bool = True) -> str:
    """The action of ALTER TABLE on the column; several are joined into one statement.

    :raises ModelError: if the type or the expression ends the action.
    """
    type_ = construct.type_.compile(dialect=DIALECT)
    expression = getattr(construct, "using", None) if using else None
    clause = f" USING {expression}" if expression else ""
    action = f"ALTER COLUMN {ident(construct.column_name)} TYPE {type_}{clause}"
    single(f"ALTER TABLE t {action}")
    return action


def _is_at_utc(construct: PostgresqlColumnType | ops.ColumnType) -> bool:
    """True if ``AT TIME ZONE 'UTC'`` can be replaced by TimeZone = UTC.

    PostgreSQL skips the rewrite for its own cast between timestamp and timestamptz if TimeZone is UTC; for
    AT TIME ZONE it rewrites every row.
    """
    using = getattr(construct, "using", None)
    to = construct.type_.compile(dialect=DIALECT).lower()
    at_utc = f"{ident(construct.column_name)} AT TIME ZONE 'UTC'"
    return to.startswith("timestamp") and bool(using) and " ".join(str(using).split()) == at_utc


class AlterTypes(ExecutableDDLElement):
    """Several columns of a table change their types, in one statement."""

    inherit_cache = False

    def __init__(self, table: str, schema: str | None, changes: list[PostgresqlColumnType]) -> None:
        self.table = table
        self.schema = schema
        self.changes = changes


@compiles(AlterTypes)
def _compile(element: AlterTypes, compiler: DDLCompiler, **_: Any) -> str:
    changes = ", ".join(map(_change, element.changes))
    sql = f"ALTER TABLE {qualified(element.table, element.schema)} {changes}"
    return compiler.sql_compiler.post_process_text(sql)  # type: ignore[no-any-return, no-untyped-call]  # SQLAlchemy's


def column_types(construct: AlterTypes) -> ExecutableDDLElement:
    table = qualified(construct.table, construct.schema)
    lines = ["BEGIN", f"  PERFORM set_config('{_CHANGES}', '', true);"]
    at_utc = False
    for column in construct.changes:
        is_at_utc = _is_at_utc(column)
        at_utc |= is_at_utc
        change = _change(column, using=not is_at_utc)
        remembered = f"nullif(current_setting('{_CHANGES}'), '')"
        remember = f"SELECT set_config('{_CHANGES}', concat_ws(', ', {remembered}, {literal(change)}), true)"
        guarded = replace(_retype(column), different=(remember,)).render()
        lines.append(f"  EXECUTE {dollar(guarded, 'one')};")
    columns = ", ".join(column.column_name for column in construct.changes)
    words = literal(f"columns {columns} of {table} cannot be converted")
    lines += [
        f"  IF current_setting('{_CHANGES}') <> '' THEN",
        "    BEGIN",
        *([f"      EXECUTE {dollar(_AT_UTC)};"] if at_utc else []),
        f"      EXECUTE concat({literal(f'ALTER TABLE {table} ')}, current_setting('{_CHANGES}'));",
        *([f"      EXECUTE {dollar(_AT_ZONE_AGAIN)};"] if at_utc else []),
        "    EXCEPTION WHEN data_exception OR cannot_coerce OR datatype_mismatch OR check_violation THEN",
        f"      RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {words}, DETAIL = SQLERRM,",
        f"        HINT = {literal(_UNFIT.replace('postgresql_using=', 'using='))};",
        "    END;",
        "  END IF;",
        "END",
    ]
    return Guarded(block(lines))
