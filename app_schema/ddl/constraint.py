"""Constraints: primary key, unique, check, foreign key, exclusion."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import AddConstraint, DropConstraint, ExecutableDDLElement
from sqlalchemy.sql.elements import conv

from app_schema.ddl.construct import guard
from app_schema.ddl.guard import DIFFERENT, Guard, Side, block, drop, table_schema
from app_schema.ddl.relation import FOREIGN_KEY, RELKIND
from app_schema.ddl.sql import DIALECT, checked, dollar, ident, literal, plain, qualified, split
from app_schema.ddl.statement import Guarded
from app_schema.errors import ModelError

_KINDS: tuple[tuple[type[Constraint], str], ...] = (
    (ForeignKeyConstraint, "foreign key"),
    (PrimaryKeyConstraint, "primary key"),
    (UniqueConstraint, "unique constraint"),
    (CheckConstraint, "check constraint"),
    (ExcludeConstraint, "exclusion constraint"),
)
KIND = """\
CASE t.contype WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique constraint'
     WHEN 'c' THEN 'check constraint' WHEN 'x' THEN 'exclusion constraint' ELSE 'constraint' END"""
_OF_TABLE = "t.conrelid = (SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.relnamespace = $1 AND c.relname = {table})"


@dataclass(frozen=True, slots=True)
class Named:
    """A constraint as guards speak of it."""

    name: str
    kind: str
    table: str
    schema: str | None

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name} on {qualified(self.table, self.schema)}"

    @property
    def query(self) -> str:
        """Query of the kind of the table's constraint of this name."""
        return f"SELECT {KIND} FROM pg_catalog.pg_constraint AS t WHERE t.conname = {literal(self.name)} AND {_OF_TABLE.format(table=literal(self.table))}"


def definition(kind: str, *, validated: bool = True) -> str:
    """SQL expression for one row ``t`` of pg_constraint: all that is compared of a constraint of this kind.

    :param validated: the declared side is validated; else it does not matter whether the found one is.
    """
    if kind == "foreign key":
        text = f"CASE t.contype WHEN 'f' THEN {FOREIGN_KEY} || CASE WHEN t.convalidated THEN '' ELSE ' NOT VALID' END ELSE {KIND} || ' ' || pg_get_constraintdef(t.oid) END"
    else:
        text = "pg_get_constraintdef(t.oid)"
    return text if validated else f"regexp_replace({text}, ' NOT VALID$', '')"


def foreign_key(constraint: ForeignKeyConstraint) -> str:
    """SQL expression: the declared foreign key, printed as :data:`app_schema.ddl.relation.FOREIGN_KEY` prints a found one."""
    referred = constraint.elements[0].column.table
    columns = _name_list([column.name for column in constraint.columns])
    targets = _name_list([element.column.name for element in constraint.elements])
    # an unqualified target is the table that the search_path finds
    schema = (
        literal(referred.schema)
        if referred.schema
        else (
            f"coalesce((SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
            f"WHERE c.oid = to_regclass({literal(ident(referred.name))})), '')"
        )
    )
    match = (
        f" MATCH {constraint.match.upper()}"
        if constraint.match and constraint.match.upper() != "SIMPLE"
        else ""
    )
    on_update = (constraint.onupdate or "NO ACTION").upper()
    action, bracket, listed = (constraint.ondelete or "NO ACTION").partition("(")
    only = f"' (' || {_name_list(sorted(split(listed)))} || ')'" if bracket else "''"
    deferrable = (
        " DEFERRABLE" if constraint.deferrable or (constraint.initially or "").upper() == "DEFERRED" else ""
    )
    deferred = " INITIALLY DEFERRED" if (constraint.initially or "").upper() == "DEFERRED" else ""
    return (
        f"format('FOREIGN KEY (%s) REFERENCES %I.%I (%s)%s', {columns}, {schema}, {literal(referred.name)}, {targets}, "
        f"{literal(f'{match} ON UPDATE {on_update} ON DELETE {action.strip().upper()}')} || {only} || {literal(deferrable + deferred)})"
    )


def _name_list(names: list[str]) -> str:
    return "concat_ws(', ', " + ", ".join(f"quote_ident({literal(name)})" for name in names) + ")"


def not_valid(constraint: Constraint) -> bool:
    """Whether a constraint is declared NOT VALID."""
    return (
        bool(constraint.dialect_options["postgresql"].get("not_valid"))
        if "postgresql" in constraint.dialect_options
        else False
    )


def named(constraint: Constraint) -> Named:
    """The constraint with the name that the naming convention gives it.

    :raises ModelError: where it has none: it could not be found again, and a second run would make a second one.
    """
    kind = next((word for cls, word in _KINDS if isinstance(constraint, cls)), "constraint")
    table = constraint.table  # type: ignore[attr-defined]  # every constraint of a table has it
    name = DIALECT.identifier_preparer.format_constraint(constraint)
    if name is None:
        msg = f"a {kind} on {qualified(table.name, table.schema)} has no name: only a named constraint can be guarded; write name=..."
        raise ModelError(msg)
    raw = constraint.name if isinstance(constraint.name, conv) else _unquoted(name)
    return Named(checked(str(raw)), kind, table.name, table.schema)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


@guard.register
def _(construct: AddConstraint) -> ExecutableDDLElement:
    constraint = construct.element
    one = named(constraint)
    validated = not not_valid(constraint)
    create = plain(construct)
    of_table = _OF_TABLE.format(table=literal(one.table))
    query = f"SELECT {definition(one.kind, validated=validated)} FROM pg_catalog.pg_constraint AS t WHERE t.conname = {literal(one.name)} AND {of_table}"
    if isinstance(constraint, ForeignKeyConstraint):
        side = Side(value=foreign_key(constraint))
    else:
        if not isinstance(constraint, CheckConstraint):
            # the index behind it has the same name, which may be taken in the schema
            query += f" UNION ALL SELECT 'another ' || {RELKIND} FROM pg_catalog.pg_class AS c WHERE c.relnamespace = $1 AND c.relname = {literal(one.name)} LIMIT 1"
        real = qualified(one.table, one.schema)
        twin = qualified(one.table, "pg_temp")
        alter = create.replace(f"ALTER TABLE {real} ", f"ALTER TABLE {twin} ", 1)
        side = Side(twin=(f"CREATE TABLE {twin} (LIKE {real})", alter))
    remedy = f'op.drop_constraint("{one.name}", "{one.table}") first, if what is there is to go'
    if validated and one.kind in {"foreign key", "check constraint"}:
        remedy += f'; op.validate_constraint("{one.name}", "{one.table}") where only NOT VALID differs'
    return Guarded(
        Guard(
            one.label, table_schema(one.table, one.schema), query, side, absent=(create,), remedy=remedy
        ).render()
    )


@guard.register
def _(construct: DropConstraint) -> ExecutableDDLElement:
    one = named(construct.element)
    real = qualified(one.table, one.schema)
    exists = one.query if one.kind != "constraint" else one.query.replace(KIND, "'constraint'::text", 1)
    cascade = " CASCADE" if construct.cascade else ""
    statement = f"ALTER TABLE {real} DROP CONSTRAINT {ident(one.name)}{cascade}"
    return Guarded(drop(one.label, table_schema(one.table, one.schema), exists, one.kind, (statement,)))


def validate(name: str, table: str, schema: str | None) -> str:
    """The guarded ``VALIDATE CONSTRAINT``: nothing where it is validated, refuses where it is absent."""
    one = Named(name, "constraint", table, schema)
    statement = f"ALTER TABLE {qualified(table, schema)} VALIDATE CONSTRAINT {ident(name)}"
    return block(
        [
            "DECLARE",
            f"  ns oid := {table_schema(table, schema)};",
            "  found boolean;",
            "BEGIN",
            f"  EXECUTE {dollar(one.query.replace(KIND, 't.convalidated', 1), 'def')} INTO found USING ns;",
            "  IF found IS NULL THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {literal(f'{one.label} is absent, so it cannot be validated')};",
            "  ELSIF NOT found THEN",
            f"    EXECUTE {dollar(statement)};",
            "  END IF;",
            "END",
        ]
    )
