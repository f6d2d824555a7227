"""A table of INHERITS that is dropped: what its parents create in it again, and what is its own.

PostgreSQL drops an inherited column with the column of the parent, but keeps one that CREATE TABLE lists. The
same holds for a CHECK and a NOT NULL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.operations.ops import CreateTableOp
from sqlalchemy import CheckConstraint, Column, quoted_name

from app_schema.ddl import Key
from app_schema.ddl.column import EXPRESSION, PrintedColumn, escaped
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.column import reflected_column

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.migrations.compare.sides import Sides

TABLE = """\
pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = :schema AND c.relname = :name"""
_INHERITED = f"""\
SELECT (SELECT json_object_agg(heir.attname, json_build_array(
                 heir.attislocal OR p.defaults > 1, own.expression IS NOT DISTINCT FROM p.expression,
                 p.expression IS NOT NULL, p.not_null, EXISTS (
                   SELECT FROM pg_catalog.pg_constraint AS t
                    WHERE t.conrelid = heir.attrelid AND t.conkey[1] = heir.attnum AND t.contype = 'n'
                      AND t.conislocal)))
          FROM pg_catalog.pg_attribute AS heir
         CROSS JOIN LATERAL (SELECT {EXPRESSION} AS expression FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = heir.attrelid AND a.attnum = heir.attnum) AS own
         CROSS JOIN LATERAL (
               SELECT count(DISTINCT {EXPRESSION}) AS defaults, min({EXPRESSION}) AS expression,
                      bool_or(a.attnotnull AND NOT EXISTS (
                        SELECT FROM pg_catalog.pg_constraint AS t
                         WHERE t.conrelid = a.attrelid AND t.conkey[1] = a.attnum AND t.contype = 'n'
                           AND t.connoinherit)) AS not_null
                 FROM pg_catalog.pg_inherits AS h
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = h.inhparent
                WHERE h.inhrelid = c.oid AND a.attname = heir.attname) AS p
         WHERE heir.attrelid = c.oid AND heir.attinhcount > 0)
  FROM {TABLE}"""
_CHECKS = f"""\
SELECT (SELECT json_object_agg(t.conname, t.conislocal) FROM pg_catalog.pg_constraint AS t
         WHERE t.conrelid = c.oid AND t.contype = 'c' AND t.coninhcount > 0)
  FROM {TABLE}"""
_KEPT_BY_HEIR = (
    "{column} cannot be dropped: PostgreSQL would drop the inherited column of {heir}, which is declared, "
    "with its values; ALTER TABLE {heir} NO INHERIT {parent} and then INHERIT make it an own column of {heir}"
)


class VerbatimName(quoted_name):
    """A name with its schema, which SQLAlchemy would quote as one identifier."""

    def __repr__(self) -> str:
        return f"sa.quoted_name({str(self)!r}, False)"


def keep_unquoted(operation: CreateTableOp) -> None:
    """Lets the revision write the parents' names as the metadata has them: Alembic writes the text alone."""
    names = operation.kw.get("postgresql_inherits")
    if names:
        listed = names if isinstance(names, (list, tuple)) else [names]
        operation.kw["postgresql_inherits"] = [
            VerbatimName(name, quote=False) if getattr(name, "quote", None) is False else name
            for name in listed
        ]


def options(definition: str) -> dict[str, Any]:
    """The argument of a table that inherits."""
    names = [VerbatimName(name, quote=False) for name in parents(definition)]
    return {"postgresql_inherits": names} if names else {}


def common_parents(sides: Sides, table: Key) -> list[Key]:
    """The tables from which a table inherits on both sides."""
    definitions = (side.get(table, "") for side in (sides.declared, sides.reflected))
    new, old = map(parents, definitions)
    names = {*new} & {*old}
    return [
        key
        for key in (sides.reflected if names else ())
        if key.kind == "table" and qualified(key.name, key.schema) in names
    ]


def changes_with_parent(sides: Sides, part: Key) -> bool:
    """True if ALTER TABLE of a parent also changes a column or check of a table that inherits."""
    if part.kind == "constraint":
        return _answer(sides, _CHECKS, keys.table(part)).get(part.name) is False
    return part.kind == "column" and part in sides.declared


class _Inherited(NamedTuple):
    """A column that parents have too.

    :param listed: CREATE TABLE lists it, which it must if the parents have several defaults.
    :param same_default: as that of the parents, of which ``default`` is true if they have one.
    :param own_not_null: the table declares NOT NULL itself, which the catalog shows from PostgreSQL 18 on.
    """

    listed: bool
    same_default: bool
    default: bool
    not_null: bool
    own_not_null: bool


def has_inherited_columns(sides: Sides, table: Key) -> bool:
    """True if a column is dropped with the column of a parent."""
    return any(not inherited.listed for inherited in _inherited(sides, table).values())


def refused(sides: Sides, differences: Sequence[Difference]) -> dict[Key, str]:
    """The undeclared columns with which PostgreSQL would drop declared columns of heirs; with the reason."""
    dropped = {key for key, declared, _ in differences if key.kind == "column" and declared is None}
    tables = [key for key in sides.reflected if key.kind == "table"] if dropped and sides.prune else []
    return {
        column: _KEPT_BY_HEIR.format(column=column.label, heir=table.name, parent=parent.name)
        for table in tables
        for parent in common_parents(sides, table)
        for own, inherited in _inherited(sides, table).items()
        if own in sides.declared and not inherited.listed
        if (column := own._replace(schema=parent.schema, table=parent.name)) in dropped
    }


def columns(sides: Sides, table: Key) -> dict[Key, tuple[Column[Any] | None, dict[str, Any]]]:
    """The inherited columns: the column that CREATE TABLE lists, or None; the arguments of ALTER COLUMN
    after it."""
    return {key: _creation(sides, key, inherited) for key, inherited in _inherited(sides, table).items()}


def _inherited(sides: Sides, table: Key) -> dict[Key, _Inherited]:
    rows: dict[str, Any] = _answer(sides, _INHERITED, table)
    return {Key("column", table.schema, table.name, name): _Inherited(*row) for name, row in rows.items()}


def _answer(sides: Sides, query: str, table: Key) -> dict[str, Any]:
    # the table of a check may be a foreign one
    return (sides.answers.get(query, table) if parents(sides.reflected.get(table, "")) else None) or {}


def _creation(sides: Sides, key: Key, inherited: _Inherited) -> tuple[Column[Any] | None, dict[str, Any]]:
    part, changes = PrintedColumn.of(sides.reflected[key]), dict[str, Any]()
    comment = sides.reflected.get(key._replace(kind="comment"))
    rebuilt = part.identity or (part.generated and not inherited.same_default)
    column = reflected_column(sides, key, own_sequence=True) if inherited.listed or rebuilt else None
    if column is not None:
        column.nullable = part.nullable or (inherited.not_null and not inherited.own_not_null)
    elif comment is not None:
        changes["comment"] = comment
    if (column is None and not inherited.same_default) or (inherited.default and not part.expression):
        changes["server_default"] = part.default
    # NOT VALID is inherited too, or an operation of its own creates it
    nullable = not part.not_null
    if nullable != (not inherited.not_null and (column is None or column.nullable)) and not part.unproved:
        changes["nullable"] = nullable
    return column, changes


def checks(sides: Sides, table: Key) -> tuple[set[Key], list[CheckConstraint]]:
    """The checks that the parents create too; and those of them that the table also declares itself.

    ADD CONSTRAINT could not add the latter: the guard would accept the inherited check.
    """
    inherited: dict[str, bool] = _answer(sides, _CHECKS, table)
    key_of = {name: Key("constraint", table.schema, table.name, name) for name in inherited}
    texts = {name: sides.reflected[key_of[name]] for name, is_local in inherited.items() if is_local}
    own = [
        CheckConstraint(escaped(text.removeprefix("CHECK (").removesuffix(")")), name=name)
        for name, text in texts.items()
        if text.endswith(")")  # and is neither NOT VALID nor NOT ENFORCED
    ]
    return set(key_of.values()), own
