"""The guards of Alembic's ALTER TABLE constructs: columns and renames.

An alteration converges from what was there before to what is declared: equal to the new state does nothing,
equal to the stated old state (``existing_type=``, ``existing_server_default=``) alters, else it refuses.
Where no old state is stated any may be altered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alembic.ddl import base as ops
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import Column, Computed, Identity
from sqlalchemy import types as sa_types
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from app_schema.catalog.cast import base
from app_schema.ddl import privileges
from app_schema.ddl.comment import column_comment
from app_schema.ddl.construct import converging
from app_schema.ddl.guard import DIFFERENT, Guard, Side, block, drop, table_schema
from app_schema.ddl.relation import COLUMN, DEFAULT, IDENTITY, KIND_OF_NAME, NOT_NULL, TYPE
from app_schema.ddl.rename import column_query, rename
from app_schema.ddl.sql import DIALECT, checked, dollar, ident, literal, plain, qualified
from app_schema.ddl.statement import Guarded
from app_schema.errors import ModelError


def sql_of(construct: ops.AlterTable) -> str:
    """The plain statement."""
    if construct.schema is not None:
        # a dot in it is part of the name; in a plain string Alembic takes it for a separator
        construct.schema = quoted_name(construct.schema, quote=None)
    return plain(construct)


def _twin(table: str, schema: str | None, *changes: str) -> Side:
    """A twin like the table, after these changes to it (``{twin}`` is its name)."""
    twin = qualified(table, "pg_temp")
    return Side(
        twin=(
            f"CREATE TABLE {twin} (LIKE {qualified(table, schema)})",
            *(f"ALTER TABLE {twin} {change}" for change in changes),
        )
    )


def _change(construct: ops.AlterTable, statement: str) -> str:
    """What follows the table's name in an ALTER TABLE statement."""
    return statement.replace(f"ALTER TABLE {qualified(construct.table_name, construct.schema)} ", "", 1)


def _alter(construct: ops.AlterColumn, expression: str, new: Side, old: Side | None = None) -> Guard:
    table, column, schema = construct.table_name, construct.column_name, construct.schema
    label = f"column {column} of {qualified(table, schema)}"
    return Guard(
        label=label,
        namespace=table_schema(table, schema),
        definition=column_query(table, column, expression),
        new=new,
        old=old,
        absent=None,
        different=(sql_of(construct),),
        remedy="leave out the existing_... argument if whatever is there may be altered",
        noted=f"{label} is altered, though it is not what existing_... says" if is_lenient(construct) else "",
    )


def relax(construct: ops.AlterColumn) -> None:
    """Makes the construct alter a column that is not as its ``existing_...`` arguments say.

    Alembic does not look at them on PostgreSQL, so wrong ones live in many histories.
    """
    construct.__dict__["app_schema_lenient"] = True


def after(construct: Any) -> Side:
    """The side of an alteration, made on a twin of the table."""
    if isinstance(construct, ops.IdentityColumnDefault):
        return _twin(construct.table_name, construct.schema)  # it is dropped, and a copy has none
    return _twin(construct.table_name, construct.schema, _change(construct, sql_of(construct)))


def is_lenient(construct: ops.AlterColumn) -> bool:
    """True where ``existing_...`` arguments may be wrong."""
    return "app_schema_lenient" in construct.__dict__


@converging.register
def _(construct: ops.AddColumn) -> ExecutableDDLElement:
    table, schema, column = construct.table_name, construct.schema, construct.column
    construct.if_not_exists = None
    create = sql_of(construct)
    return Guarded(
        Guard(
            label=f"column {column.name} of {qualified(table, schema)}",
            namespace=table_schema(table, schema),
            definition=column_query(table, column.name, COLUMN),
            new=_twin(
                table,
                schema,
                f"DROP COLUMN IF EXISTS {ident(column.name)} CASCADE",
                _change(construct, create),
            ),
            absent=(create, *_with_sequence(table, column, schema)),
            remedy=f'op.alter_column("{table}", "{column.name}", ...) changes what is there',
        )
    )


def _with_sequence(table: str, column: Column[Any], schema: str | None) -> tuple[str, ...]:
    serial = isinstance(column.type, sa_types.Integer) and column.autoincrement is True
    return (privileges.of_column(table, column.name, schema),) if column.identity or serial else ()


@converging.register
def _(construct: ops.DropColumn) -> ExecutableDDLElement:
    table, column, schema = construct.table_name, construct.column.name, construct.schema
    construct.if_exists = None
    exists = column_query(table, column, "'column'::text")
    label = f"column {column} of {qualified(table, schema)}"
    return Guarded(drop(label, table_schema(table, schema), exists, "column", (sql_of(construct),)))


@converging.register
def _(construct: ops.ColumnNullable) -> ExecutableDDLElement:
    expression = f"coalesce(nullif(ltrim({NOT_NULL}), ''), 'NULL')"
    return Guarded(
        _alter(construct, expression, Side(value="'NULL'" if construct.nullable else "'NOT NULL'"))
    )


@converging.register
def _(construct: ops.ColumnDefault) -> ExecutableDDLElement:
    table, schema = construct.table_name, construct.schema

    def side(default: Any) -> Side:
        if default is None or default is False:
            return Side(value="''")
        change = plain(ops.ColumnDefault(table, construct.column_name, default, schema=schema))
        return _twin(table, schema, _change(construct, change))

    old: Any = construct.existing_server_default  # False, against its type, where the caller states none
    stated = old is not None and old is not False
    return Guarded(_alter(construct, DEFAULT, side(construct.default), side(old) if stated else None))


@converging.register
def _(construct: ops.ComputedColumnDefault) -> ExecutableDDLElement:
    old, new = construct.existing_server_default, construct.default
    label = f"column {construct.column_name} of {qualified(construct.table_name, construct.schema)}"
    if not isinstance(new, Computed) or not isinstance(old, Computed):
        msg = (
            f"{label}: PostgreSQL cannot make an existing column a generated one; "
            "write op.add_column(...) with the generated column under another name"
        )
        raise ModelError(msg)
    change = _set_expression(construct, new, construct.table_name, construct.schema)
    sides = [_expression_twin(construct, label, one) for one in (new, old)]
    altering = Guard(
        label=label,
        namespace=table_schema(construct.table_name, construct.schema),
        definition=column_query(construct.table_name, construct.column_name, DEFAULT),
        new=sides[0],
        old=sides[1],
        absent=None,
        different=(change,),
        remedy="write in existing_server_default= what is there",
    )
    return Guarded(altering)


def _set_expression(
    construct: ops.ComputedColumnDefault, computed: Computed, table: str, schema: str | None
) -> str:
    # SQLAlchemy has no construct for it: the words of ADD COLUMN hold the expression
    bare = Column(construct.column_name, sa_types.Integer, Computed(computed.sqltext, persisted=True))
    _, _, expression = str(CreateColumn(bare).compile(dialect=DIALECT)).partition(" GENERATED ALWAYS AS ")
    column, expression = ident(construct.column_name), expression.removesuffix(" STORED")
    return f"ALTER TABLE {qualified(table, schema)} ALTER COLUMN {column} SET EXPRESSION AS {expression}"


def _expression_twin(construct: ops.ComputedColumnDefault, label: str, computed: Computed) -> Side:
    table = construct.table_name
    # an older server would complain of the word EXPRESSION
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


@converging.register
def _(construct: ops.IdentityColumnDefault) -> ExecutableDDLElement:
    def side(identity: Identity | None) -> Side:
        if not isinstance(identity, Identity):
            return Side(value="''")
        add = ops.IdentityColumnDefault(
            construct.table_name, construct.column_name, identity, construct.impl, schema=construct.schema
        )
        name = ident(construct.column_name)
        first = (f"ALTER COLUMN {name} DROP DEFAULT", f"ALTER COLUMN {name} SET NOT NULL")
        return _twin(construct.table_name, construct.schema, *first, _change(construct, sql_of(add)))

    old, new = construct.existing_server_default, construct.default
    stated = side(old) if isinstance(old, Identity) else Side(value="''")
    altering = _alter(construct, IDENTITY, side(new), stated)
    if isinstance(old, Identity) and isinstance(new, Identity):
        alter = f"ALTER TABLE {qualified(construct.table_name, construct.schema)} "
        alter += f"ALTER COLUMN {ident(construct.column_name)} {_settings(new)}"
        # the number at which it stands is out of the bounds of one that counts the other way
        turned = ((old.increment or 1) < 0) != ((new.increment or 1) < 0)
        return Guarded(replace(altering, different=(alter + " RESTART" * turned,)))
    # an identity is added to a column that has none and dropped from one that has it, as with plain Alembic
    altering = replace(altering, noted="")
    if isinstance(new, Identity):
        own = privileges.of_column(construct.table_name, construct.column_name, construct.schema)
        altering = replace(altering, different=(*(altering.different or ()), own))
    return Guarded(altering)


def _settings(identity: Identity) -> str:
    """All the options: what is not said is as usual, and not as it was."""
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
    return " ".join(f"SET {one}" for one in options)


def _type_side(construct: ops.AlterColumn, type_: TypeEngine[object]) -> Side:
    column = CreateColumn(Column(construct.column_name, type_)).compile(dialect=DIALECT)
    twin = qualified(construct.table_name, "pg_temp")
    return Side(twin=(f"CREATE TEMPORARY TABLE {twin} ({column})",))


def _stated(construct: ops.AlterColumn, type_: TypeEngine[object]) -> Side:
    try:
        return _type_side(construct, type_)
    except CompileError as error:  # a type of another database
        if is_lenient(construct):
            return Side(value="NULL::text")
        column = f"column {construct.column_name} of {qualified(construct.table_name, construct.schema)}"
        raise ModelError(f"{column}: existing_type={type_!r} is no type of PostgreSQL") from error


_UNFIT = "write postgresql_using= with an expression that converts every row, or change the rows first"
_CHANGES = "app_schema.changes"
"""Setting: the changes of those columns of a table whose types differ: one statement makes them all."""
_ZONE = "app_schema.zone"
_AT_UTC = (
    f"SELECT set_config('{_ZONE}', current_setting('TimeZone'), true), set_config('TimeZone', 'UTC', true)"
)
_AT_ZONE_AGAIN = f"SELECT set_config('TimeZone', current_setting('{_ZONE}'), true)"


@converging.register(PostgresqlColumnType)
@converging.register(ops.ColumnType)
def _(construct: PostgresqlColumnType | ops.ColumnType) -> ExecutableDDLElement:
    type_ = construct.type_.compile(dialect=DIALECT)
    altering = _retype(construct)
    unfit = f"{altering.label} cannot be converted to {type_}"
    sql = sql_of(construct)
    if _is_at_utc(construct):
        change = _change(construct, sql).rpartition(" USING ")[0]
        table = qualified(construct.table_name, construct.schema)
        altering = replace(altering, different=(_AT_UTC, f"ALTER TABLE {table} {change}", _AT_ZONE_AGAIN))
    return Guarded(replace(altering, unfit=unfit, unfit_remedy=_UNFIT))


def _retype(construct: PostgresqlColumnType | ops.ColumnType) -> Guard:
    # a second run of USING n * 100 would multiply again: the type decides, and existing_type says what may be
    # converted
    old = None if construct.existing_type is None else _stated(construct, construct.existing_type)
    return _alter(construct, TYPE, _type_side(construct, construct.type_), old)


def _is_at_utc(construct: PostgresqlColumnType | ops.ColumnType) -> bool:
    """Whether a clause says what the session's zone says as well, when it is UTC.

    PostgreSQL knows of its own cast between timestamp and timestamptz that under UTC no value changes, and
    leaves the table as it is; of AT TIME ZONE it does not know that, and would rewrite every row.
    """
    using = getattr(construct, "using", None)
    to = base(construct.type_.compile(dialect=DIALECT))
    at_utc = f"{ident(construct.column_name)} AT TIME ZONE 'UTC'"
    return to.startswith("timestamp") and bool(using) and " ".join(str(using).split()) == at_utc


class AlterTypes(ExecutableDDLElement):
    """Several columns of a table get other types, in one statement."""

    inherit_cache = False

    def __init__(self, table: str, schema: str | None, changes: list[PostgresqlColumnType]) -> None:
        self.table = table
        self.schema = schema
        self.changes = changes


@compiles(AlterTypes)
def _compile(element: AlterTypes, compiler: DDLCompiler, **_: Any) -> str:
    changes = ", ".join(_change(one, sql_of(one)) for one in element.changes)
    sql = f"ALTER TABLE {qualified(element.table, element.schema)} {changes}"
    return compiler.sql_compiler.post_process_text(sql)  # type: ignore[no-any-return, no-untyped-call]  # SQLAlchemy's


@converging.register
def _(construct: AlterTypes) -> ExecutableDDLElement:
    table = qualified(construct.table, construct.schema)
    lines = ["BEGIN", f"  PERFORM set_config('{_CHANGES}', '', true);"]
    at_utc = False
    for one in construct.changes:
        change = _change(one, sql_of(one))
        if _is_at_utc(one):
            at_utc, change = True, change.rpartition(" USING ")[0]
        known = f"nullif(current_setting('{_CHANGES}'), '')"
        remember = f"SELECT set_config('{_CHANGES}', concat_ws(', ', {known}, {literal(change)}), true)"
        each = replace(_retype(one), different=(remember,)).render()
        lines.append(f"  EXECUTE {dollar(each, 'one')};")
    columns = ", ".join(one.column_name for one in construct.changes)
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


@converging.register
def _(construct: ops.ColumnComment) -> ExecutableDDLElement:
    return column_comment(construct.table_name, construct.column_name, construct.schema, construct.comment)


@converging.register
def _(construct: ops.ColumnName) -> ExecutableDDLElement:
    table, old, new = construct.table_name, construct.column_name, construct.newname
    found = column_query(table, "{name}", "'column'::text")
    old_found, new_found = (found.replace(literal("{name}"), literal(checked(name))) for name in (old, new))
    label = f"column {old} of {qualified(table, construct.schema)}"
    return Guarded(
        rename(
            label,
            new,
            kind="column",
            namespace=table_schema(table, construct.schema),
            old_found=old_found,
            new_found=new_found,
            statement=sql_of(construct),
        )
    )


@converging.register
def _(construct: ops.RenameTable) -> ExecutableDDLElement:
    old, new, schema = construct.table_name, construct.new_table_name, construct.schema
    # without a schema the new name may already stand where the old one stood
    namespace = f"coalesce({table_schema(old, schema)}, {table_schema(str(new), schema)})"
    old_found, new_found = (KIND_OF_NAME.format(name=literal(checked(str(name)))) for name in (old, new))
    return Guarded(
        rename(
            f"table {qualified(old, schema)}",
            str(new),
            kind="table",
            namespace=namespace,
            old_found=old_found,
            new_found=new_found,
            statement=sql_of(construct),
        )
    )
