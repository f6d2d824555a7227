"""Tables: declared columns and constraints must exist and be equal; a guard ignores undeclared ones."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Table
from sqlalchemy.schema import (
    CreateTable,
    DropColumnComment,
    DropConstraintComment,
    DropTable,
    DropTableComment,
    ExecutableDDLElement,
    SetColumnComment,
    SetConstraintComment,
    SetTableComment,
)

from app_schema import upstream
from app_schema.ddl import privileges
from app_schema.ddl.column import Columns
from app_schema.ddl.comment import column_comment, object_comment, table_comment
from app_schema.ddl.constraint import (
    FOREIGN_KEY,
    VALIDITY,
    definition,
    foreign_key,
    name_of,
    named,
    not_valid,
)
from app_schema.ddl.construct import converging, creation
from app_schema.ddl.guard import Guard
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import creation_schema, exists_query, regclass, table_schema
from app_schema.ddl.relation import KIND_OF_NAME, RELKIND
from app_schema.ddl.sql import checked, literal, literals, plain, qualified
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side

_COLUMN = Columns.catalog[0].printed


def _query(table: Table) -> str:
    """Query of the columns and constraints that the twin has too, and of the declared foreign keys."""
    twin = regclass(table.name, "pg_temp")
    order = f"""\
(SELECT o.attnum FROM pg_catalog.pg_attribute AS o
           WHERE o.attrelid = {twin} AND o.attname = a.attname AND o.attnum > 0)"""
    return f"""\
SELECT CASE WHEN c.relkind IN ('r', 'p') THEN concat_ws(E'\\n  ',
         (SELECT string_agg({_COLUMN}, E'\\n  ' ORDER BY {order})
            FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND {order} IS NOT NULL),
         (SELECT string_agg(d.line, E'\\n  ' ORDER BY d.line COLLATE "C")
            FROM ({_constraints(table, twin)}) AS d){_foreign_keys(table)})
       ELSE 'a ' || {RELKIND} END
  FROM pg_catalog.pg_class AS c WHERE c.relnamespace = $1 AND c.relname = {literal(table.name)}"""


def _constraints(table: Table, twin: str) -> str:
    """Query of the constraints of table ``c``: named ones by name; of those that PostgreSQL names, the
    definitions that the twin has too, and the primary key."""
    others = [
        constraint for constraint in table.constraints if not isinstance(constraint, ForeignKeyConstraint)
    ]
    names = literals(
        sorted(named(constraint).name for constraint in others if name_of(constraint) is not None)
    )
    key = "t.contype = 'p'" if table.primary_key.columns and not name_of(table.primary_key) else "false"
    text = definition("")
    unnamed = f"t.contype NOT IN ('n', 'f') AND t.conname <> ALL ({names})"
    return f"""\
SELECT DISTINCT CASE WHEN t.conname = ANY ({names}) THEN format('%I ', t.conname) ELSE '' END
                   || {text} AS line
              FROM pg_catalog.pg_constraint AS t
             WHERE t.conrelid = c.oid AND (t.conname = ANY ({names}) OR {unnamed} AND ({key} OR {text} IN (
                   SELECT {text} FROM pg_catalog.pg_constraint AS t
                    WHERE t.conrelid = {twin} AND {unnamed})))"""


def _foreign_keys(table: Table) -> str:
    """The declared foreign keys as reflected; a temporary twin can have none, so for the twin as declared."""
    lines = []
    for constraint in sorted(table.foreign_key_constraints, key=lambda key: tuple(key.column_keys)):
        declared = foreign_key(constraint)
        named_key = None if name_of(constraint) is None else named(constraint)
        by_name = f"t.conname = {literal(named_key.name)}" if named_key else f"{FOREIGN_KEY} = {declared}"
        validity = f"replace({VALIDITY}, ' NOT VALID', '')" if not_valid(constraint) else VALIDITY
        label = literal(f"{named_key.name} " if named_key else "")
        lines.append(f""",
         {label} || CASE WHEN c.relnamespace = pg_my_temp_schema() THEN {declared}
                         ELSE (SELECT {FOREIGN_KEY} || {validity} FROM pg_catalog.pg_constraint AS t
                                WHERE t.conrelid = c.oid AND t.contype = 'f' AND {by_name} LIMIT 1) END""")
    return "".join(lines)


@creation.register
def _(construct: CreateTable) -> tuple[str, ...]:
    table = construct.element
    for column in table.columns:
        checked(column.name)
    for constraint in table.constraints:
        if name_of(constraint) is not None:
            named(constraint)
    return plain(CreateTable(table)), privileges.of_table(table.name, table.schema)


@converging.register
def _(construct: CreateTable) -> ExecutableDDLElement:
    table = construct.element
    real = qualified(table.name, table.schema)
    # PostgreSQL allows no UNLOGGED temporary table, and no foreign key from a temporary to a permanent table
    twin = CreateTable(upstream.without_prefixes(table), include_foreign_key_constraints=[])
    # CREATE TABLE also creates a type of its name: an enum, domain or range of the name prevents it
    a_type = f"""
UNION ALL
SELECT 'a type' FROM pg_catalog.pg_type AS y
 WHERE y.typnamespace = $1 AND y.typname = {literal(table.name)}"""
    return Guarded(
        Guard(
            label=f"table {real}",
            namespace=creation_schema(table.schema),
            definition=f"{_query(table)}{a_type} AND y.typtype IN ('e', 'd', 'r') LIMIT 1",
            exists=exists_query(regclass(table.name, table.schema), f"to_regtype({literal(real)})"),
            new=Side(twin=(plain(twin, on=qualified(table.name, "pg_temp")),)),
            absent=creation(construct),
            remedy=(
                "op.alter_column(...), op.add_column(...) and op.create_..._constraint(...) "
                f"change {real} to the declared columns and constraints"
            ),
        )
    )


@converging.register
def _(construct: DropTable) -> ExecutableDDLElement:
    table = construct.element
    real = qualified(table.name, table.schema)
    namespace = table_schema(table.name, table.schema)
    kind = KIND_OF_NAME.format(name=literal(table.name))
    return Guarded(drop(f"table {real}", namespace, kind, "table", (f"DROP TABLE {real}",)))


@converging.register
def _(construct: SetTableComment) -> ExecutableDDLElement:
    table = construct.element
    return table_comment(table.name, table.schema, table.comment)


@converging.register
def _(construct: DropTableComment) -> ExecutableDDLElement:
    return table_comment(construct.element.name, construct.element.schema, None)


@converging.register
def _(construct: SetColumnComment) -> ExecutableDDLElement:
    column = construct.element
    return column_comment(column.table.name, column.name, column.table.schema, column.comment)


@converging.register
def _(construct: DropColumnComment) -> ExecutableDDLElement:
    column = construct.element
    return column_comment(column.table.name, column.name, column.table.schema, None)


@converging.register
def _(construct: SetConstraintComment) -> ExecutableDDLElement:
    constraint = named(construct.element)
    return object_comment(
        "constraint", constraint.name, construct.element.comment, constraint.table, constraint.schema
    )


@converging.register
def _(construct: DropConstraintComment) -> ExecutableDDLElement:
    constraint = named(construct.element)
    return object_comment("constraint", constraint.name, None, constraint.table, constraint.schema)
