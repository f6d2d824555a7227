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

from app_schema.ddl.block import ABSENT, block
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.construct import converging, creation
from app_schema.ddl.guard import Guard
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import regclass, table_schema
from app_schema.ddl.relation import RELKIND
from app_schema.ddl.sql import DIALECT, checked, dollar, ident, literal, plain, qualified, split, unquoted
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import SEARCHED, Side, copied
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
_ACTION = """\
CASE t.{column} WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END"""

FOREIGN_KEY = f"""\
format('FOREIGN KEY (%s) REFERENCES %s (%s)%s%s%s%s%s%s%s',
  (SELECT string_agg(quote_ident(b.attname), ', ' ORDER BY u.n)
     FROM unnest(t.conkey) WITH ORDINALITY AS u(k, n)
     JOIN pg_catalog.pg_attribute AS b ON b.attrelid = t.conrelid AND b.attnum = u.k),
  (SELECT format('%I.%I', n.nspname, r.relname)
     FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
    WHERE r.oid = t.confrelid),
  (SELECT string_agg(quote_ident(b.attname), ', ' ORDER BY u.n)
     FROM unnest(t.confkey) WITH ORDINALITY AS u(k, n)
     JOIN pg_catalog.pg_attribute AS b ON b.attrelid = t.confrelid AND b.attnum = u.k),
  CASE t.confmatchtype WHEN 'f' THEN ' MATCH FULL' WHEN 'p' THEN ' MATCH PARTIAL' END,
  ' ON UPDATE ' || {_ACTION.format(column="confupdtype")},
  ' ON DELETE ' || {_ACTION.format(column="confdeltype")},
  (SELECT ' (' || string_agg(quote_ident(b.attname), ', ' ORDER BY b.attname) || ')'
     FROM pg_catalog.pg_attribute AS b
    WHERE b.attrelid = t.conrelid AND b.attnum = ANY (t.confdelsetcols)),
  CASE WHEN t.condeferrable THEN ' DEFERRABLE' END,
  CASE WHEN t.condeferred THEN ' INITIALLY DEFERRED' END,
  CASE WHEN (to_jsonb(t) ->> 'conperiod')::boolean THEN ' PERIOD' END)"""
"""A foreign key by structure: a temporary twin cannot refer to a permanent table.

By way of to_jsonb: conperiod and conenforced are columns of pg_constraint from PostgreSQL 18 on.
"""

VALIDITY = """\
CASE WHEN NOT (to_jsonb(t) ->> 'conenforced')::boolean THEN ' NOT ENFORCED'
     WHEN NOT t.convalidated THEN ' NOT VALID' ELSE '' END"""
"""NOT ENFORCED or NOT VALID, led by a space; empty for a validated constraint."""

CATALOG = CatalogQuery(
    "pg_catalog.pg_constraint AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.conrelid",
    catalog="pg_constraint",
    oid="t.oid",
    kind="'constraint'",
    name="t.conname",
    namespace="c.relnamespace",
    table="c.relname",
    relation="c.oid",
    # From PostgreSQL 18 on NOT NULL is a constraint; before, a property of the column. For a foreign key to a
    # partitioned table PostgreSQL adds a constraint to each partition: the same table, conparentid set.
    # The definition of a foreign table has its checks.
    listed="""\
c.relkind <> 'f' AND t.contype IN ('c', 'f', 'p', 'u', 'x') AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_constraint AS p WHERE p.oid = t.conparentid AND p.conrelid = t.conrelid)""",
    definition="pg_get_constraintdef(t.oid)",
)


@dataclass(frozen=True, slots=True)
class Named:
    """A constraint by name, kind and table."""

    name: str
    kind: str
    table: str
    schema: str | None

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name} on {qualified(self.table, self.schema)}"

    def query(self, expression: str = KIND) -> str:
        """Query of an expression over the constraint ``t``; by default of its kind."""
        return CATALOG.select(expression, *CATALOG.place(self.name, self.table))


def definition(kind: str, *, validated: bool = True) -> str:
    """SQL expression over a row ``t`` of pg_constraint: the definition that guards compare.

    :param kind: "foreign key" compares by structure, every other kind as PostgreSQL prints it.
    :param validated: False: the declared side is NOT VALID, which a validated constraint satisfies.
    """
    if kind == "foreign key":
        text = f"""\
CASE t.contype WHEN 'f' THEN {FOREIGN_KEY} || {VALIDITY}
     ELSE {KIND} || ' ' || pg_get_constraintdef(t.oid) END"""
    else:
        text = CATALOG.definition
    return text if validated else f"regexp_replace({text}, ' NOT VALID$', '')"


def addition(
    constraint: Named,
    add: str,
    declared: Side,
    *,
    kind: str,
    validated: bool,
    indexed: bool,
    provable: Side | None,
) -> Guard:
    """The guard of ``ALTER TABLE ... ADD CONSTRAINT``.

    A validated constraint satisfies NOT VALID: a revision that adds and then validates it can be run again.

    :param declared: the declared side; unless ``validated``, without NOT VALID.
    :param kind: as in :func:`definition`.
    :param indexed: PostgreSQL creates an index of the same name.
    :param provable: the declared side NOT VALID, of which only VALIDATE CONSTRAINT is missing. None: no such
        state.
    """
    query = constraint.query(definition(kind, validated=validated))
    exists = constraint.query("''::text")  # planning the definition takes longer than adding the constraint
    if indexed:  # another relation of the schema may have the name of the index
        same_name = f"""
UNION ALL
SELECT 'another ' || {RELKIND} FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = $1 AND c.relname = {literal(constraint.name)} LIMIT 1"""
        query, exists = query + same_name, exists + same_name
    real, name = qualified(constraint.table, constraint.schema), constraint.name
    return Guard(
        label=constraint.label,
        namespace=table_schema(constraint.table, constraint.schema),
        definition=query,
        exists=exists,
        new=declared,
        absent=(add,),
        different=(f"ALTER TABLE {real} VALIDATE CONSTRAINT {ident(name)}",) if provable else None,
        old=provable,
        remedy=f'to replace it, run op.drop_constraint("{name}", "{constraint.table}") first',
    )


def foreign_key(constraint: ForeignKeyConstraint) -> str:
    """SQL expression: the declared foreign key, in the form of :data:`FOREIGN_KEY`."""
    referred = constraint.elements[0].column.table
    columns = _name_list([column.name for column in constraint.columns])
    targets = _name_list([element.column.name for element in constraint.elements])
    schema = literal(referred.schema) if referred.schema else found_schema(referred.name)
    match = (constraint.match or "SIMPLE").upper()
    action, bracket, listed = (constraint.ondelete or "NO ACTION").partition("(")
    rules = "" if match == "SIMPLE" else f" MATCH {match}"
    rules += f" ON UPDATE {(constraint.onupdate or 'NO ACTION').upper()} ON DELETE {action.strip().upper()}"
    only = f"' (' || {_name_list(sorted(split(listed)))} || ')'" if bracket else "''"
    deferred = (constraint.initially or "").upper() == "DEFERRED"
    deferrable = " DEFERRABLE" if constraint.deferrable or deferred else ""
    deferrable += " INITIALLY DEFERRED" if deferred else ""
    return f"""\
format('FOREIGN KEY (%s) REFERENCES %I.%I (%s)%s', {columns}, {schema}, {literal(referred.name)}, {targets},
       {literal(rules)} || {only} || {literal(deferrable)})"""


def found_schema(table: str) -> str:
    """SQL expression: the schema of an unqualified table, by the search_path before the comparison."""
    return f"""\
coalesce((SELECT n.nspname FROM unnest(current_setting({literal(SEARCHED)})::name[]) WITH ORDINALITY AS
s(name, place)
            JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.name
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = {literal(table)}
           ORDER BY s.place LIMIT 1), '')"""


def _name_list(names: list[str]) -> str:
    return "concat_ws(', ', " + ", ".join(f"quote_ident({literal(name)})" for name in names) + ")"


def printed_kind(constraint: Constraint) -> str:
    """The first words of the definition that PostgreSQL prints."""
    kind = next((word for cls, word in _KINDS if isinstance(constraint, cls)), "check constraint")
    return {"exclusion constraint": "EXCLUDE"}.get(kind, kind.removesuffix(" constraint").upper())


def not_valid(constraint: Constraint) -> bool:
    """``postgresql_not_valid``."""
    options = constraint.dialect_options
    return "postgresql" in options and bool(options["postgresql"].get("not_valid"))


def name_of(constraint: Constraint) -> str | None:
    """The name that SQLAlchemy renders: from the naming convention, shortened if too long. None: PostgreSQL
    chooses the name."""
    # format_constraint raises for the name None, and returns None for a constraint that a type left unnamed
    name = constraint.name and DIALECT.identifier_preparer.format_constraint(constraint)
    return unquoted(name) if name else None


def kind_of(constraint: Constraint) -> str:
    return next((word for cls, word in _KINDS if isinstance(constraint, cls)), "constraint")


def named(constraint: Constraint) -> Named:
    """The constraint by the name that SQLAlchemy renders.

    :raises ModelError: if it has none.
    """
    kind, table, name = kind_of(constraint), constraint.table, name_of(constraint)
    if name is None:
        msg = (
            f"a {kind} on {qualified(table.name, table.schema)} has no name: write the name that PostgreSQL "
            f'chose (in psql: \\d {table.name}), such as "{table.name}_column_fkey"'
        )
        raise ModelError(msg)
    return Named(checked(name), kind, table.name, table.schema)


def _twin(construct: AddConstraint, words: str = "") -> Side:
    """The constraint on a copy of the table."""
    table = copied(construct.element.table.name, construct.element.table.schema)
    return Side(twin=(plain(construct, on=table.twin) + words,), like=table)


@creation.register
def _(construct: AddConstraint) -> tuple[str, ...] | None:
    if name_of(construct.element) is None:
        return None  # PostgreSQL gives a second unnamed constraint another name
    checked(named(construct.element).table)
    return (plain(construct),)


@converging.register
def _(construct: AddConstraint) -> ExecutableDDLElement:
    constraint = construct.element
    if name_of(constraint) is None:
        return Guarded(_unnamed(construct))
    target, add, validated = named(constraint), plain(construct), not not_valid(constraint)
    provable = None
    if isinstance(constraint, ForeignKeyConstraint):
        side = Side(value=foreign_key(constraint))
        provable = Side(value=f"{side.value} || ' NOT VALID'")
    else:
        side = _twin(construct)
        if isinstance(constraint, CheckConstraint):
            provable = _twin(construct, " NOT VALID")
    return Guarded(
        addition(
            target,
            add,
            side,
            kind=target.kind,
            validated=validated,
            indexed=not isinstance(constraint, (CheckConstraint, ForeignKeyConstraint)),
            provable=provable if validated else None,
        )
    )


def _unnamed(construct: AddConstraint) -> Guard:
    """The guard of a constraint that PostgreSQL names: the table has one of the same definition."""
    constraint = construct.element
    kind, table = kind_of(constraint), constraint.table
    of_kind = [*CATALOG.place("", table.name), f"{KIND} = {literal(kind)}"]
    printed = definition("", validated=not not_valid(constraint))
    if isinstance(constraint, ForeignKeyConstraint):
        side = Side(value=foreign_key(constraint))
        printed = FOREIGN_KEY + ("" if not_valid(constraint) else f" || {VALIDITY}")
        equal = [f"{FOREIGN_KEY} = {side.value}"]
    else:
        side = _twin(construct)
        own = f"FROM pg_catalog.pg_constraint AS t WHERE t.conrelid = {regclass(table.name, 'pg_temp')}"
        text = definition("", validated=False)
        equal = [f"{text} = (SELECT {text} {own} AND {KIND} = {literal(kind)})"]
    if isinstance(constraint, PrimaryKeyConstraint):
        equal = []  # a table has at most one primary key: a different primary key must be refused
    return Guard(
        label=f"a {kind} without a name on {qualified(table.name, table.schema)}",
        namespace=table_schema(table.name, table.schema),
        definition=CATALOG.select(printed, *of_kind, *equal) + " ORDER BY t.convalidated DESC LIMIT 1",
        exists=CATALOG.select("''::text", *of_kind) + " LIMIT 1",
        new=side,
        absent=(plain(construct),),
        remedy=f'to replace it, run op.drop_constraint(..., "{table.name}") first',
    )


@converging.register
def _(construct: DropConstraint) -> ExecutableDDLElement:
    constraint = named(construct.element)
    real = qualified(constraint.table, constraint.schema)
    exists = constraint.query() if constraint.kind != "constraint" else constraint.query("'constraint'::text")
    cascade = " CASCADE" if construct.cascade else ""
    statement = f"ALTER TABLE {real} DROP CONSTRAINT {ident(constraint.name)}{cascade}"
    namespace = table_schema(constraint.table, constraint.schema)
    return Guarded(drop(constraint.label, namespace, exists, constraint.kind, (statement,)))


def validate(name: str, table: str, schema: str | None) -> str:
    """The guarded ``VALIDATE CONSTRAINT``: does nothing if validated, refuses if absent."""
    constraint = Named(name, "constraint", table, schema)
    statement = f"ALTER TABLE {qualified(table, schema)} VALIDATE CONSTRAINT {ident(name)}"
    message = literal(f"{constraint.label} is absent, so it cannot be validated")
    return block(
        [
            "DECLARE",
            f"  ns oid := {table_schema(table, schema)};",
            "  found boolean;",
            "BEGIN",
            f"  EXECUTE {dollar(constraint.query('t.convalidated'), 'def')} INTO found USING ns;",
            "  IF found IS NULL THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{ABSENT}', MESSAGE = {message};",
            "  ELSIF NOT found THEN",
            f"    EXECUTE {dollar(statement)};",
            "  END IF;",
            "END",
        ]
    )
