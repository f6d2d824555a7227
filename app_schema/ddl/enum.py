"""Enum types, declared as SQLAlchemy's ``Enum(..., name=, schema=)``.

PostgreSQL can neither drop a label nor change the order of labels, so ``replace`` creates a new type, changes
every column to it and drops the old type. PostgreSQL rewrites the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from sqlalchemy.dialects.postgresql.named_types import CreateEnumType, DropEnumType
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.ddl import privileges, replaced
from app_schema.ddl.block import ABSENT, DIFFERENT, block, refuse
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.construct import converging
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, literal, literals, pairs, qualified, sequence
from app_schema.ddl.statement import Create, Drop
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

LABEL_BYTES = 63
_LABELS = "FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = y.oid"
_CATALOG = CatalogQuery(
    "pg_catalog.pg_type AS y",
    catalog="pg_type",
    oid="y.oid",
    kind="'enum'",
    name="y.typname",
    namespace="y.typnamespace",
    owner="y.typowner",
    where="y.typtype = 'e'",
    only_if="oid FROM pg_catalog.pg_type WHERE typtype = 'e'",
    definition=f"""\
coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) {_LABELS}),
         'no labels')""",
    parts={"labels": f"coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) {_LABELS}), '[]')"},
)


@dataclass(frozen=True)
class EnumType(DDLObject):
    """``CREATE TYPE schema.name AS ENUM (labels)``, in the order of the labels."""

    kind: ClassVar[str] = "enum"
    keeps_values = True
    comment_on: ClassVar[Mapping[str, str]] = {"enum": "TYPE {place}"}
    owned_as = "type"
    lent = True
    refuses_existing = True
    catalog = (_CATALOG,)
    ranks = (Drops.TYPE, Makes.TYPE)
    instead = "declare a sqlalchemy.Enum(..., name=..., metadata=...)"
    locks: ClassVar[Mapping[str, str]] = {"replace": "ACCESS EXCLUSIVE"}
    positional: ClassVar[tuple[str, ...]] = ("name", "labels")
    stand_in: ClassVar[Mapping[str, Any]] = {"labels": ()}
    name: str
    labels: Iterable[str]
    _: KW_ONLY
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", sequence(self.labels))
        for label in self.labels:
            if len(label.encode()) > LABEL_BYTES:
                msg = f"the label {label!r} of {self.label} has more than {LABEL_BYTES} bytes"
                raise ModelError(msg)

    def catalog_query(self) -> str:
        printed = f"""\
CASE y.typtype WHEN 'e' THEN {_CATALOG.printed} WHEN 'd' THEN 'a domain'
               WHEN 'c' THEN 'the type of a relation' ELSE 'another type' END"""
        return _CATALOG.select(printed, *_CATALOG.place(self.name), any_kind=True)

    def side(self) -> Side:
        labels = f"unnest({literals(self.labels)}) WITH ORDINALITY AS u(label, n)"
        printed = f"SELECT string_agg(quote_literal(u.label), ', ' ORDER BY u.n) FROM {labels}"
        return Side(value=f"coalesce(({printed}), 'no labels')")

    def create_sql(self) -> tuple[str, ...]:
        labels = ", ".join(literal(label) for label in self.labels)
        return (f"CREATE TYPE {qualified(self.name, self.schema)} AS ENUM ({labels})",)

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("T", f"TYPE {qualified(self.name, self.schema)}", public="USAGE"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP TYPE {qualified(self.name, self.schema)}",)

    def dropped(self, *, recreated: bool = False) -> str:
        exists = f"""\
SELECT CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END
  FROM pg_catalog.pg_type AS y WHERE y.typnamespace = $1 AND y.typname = {literal(self.name)}"""
        return drop(self.label, self.namespace(), exists, self.kind, self.drop_sql(), recreated=recreated)

    def replace_sql(self) -> tuple[str, ...]:
        replace = _REPLACE.format(
            ns=self.namespace(),
            name=literal(self.name),
            labels=literals(self.labels),
            label=literal(self.label),
            create=literal(self.create_sql()[0]),
            state=DIFFERENT,
        )
        place = qualified(self.name, self.schema)
        return replaced.TYPE.keeping(place, ("DO " + dollar(replace, "replace"), *self.privileges_sql()))


@dataclass(frozen=True)
class RenamedLabels(DDLObject):
    """A hint to autogenerate: these labels of an enum were renamed, ``{new: old}``. Creates nothing."""

    kind: ClassVar[str] = "renamed_labels"
    name: str
    renamed_from: Mapping[str, str] | Iterable[tuple[str, str]]
    _: KW_ONLY
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "renamed_from", pairs(self.renamed_from))

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Pairs of the new and the old label."""
        return pairs(self.renamed_from)


# All rows are checked before the first change. ALTER COLUMN TYPE rebuilds indexes and converts no default, so
# a default is dropped and set again. PostgreSQL refuses if a view or policy reads the column, and names it.
_REPLACE = """
DECLARE
  old oid := (SELECT y.oid FROM pg_catalog.pg_type AS y WHERE y.typnamespace = {ns} AND y.typname = {name});
  old_name text := {name};
  spare text := left(old_name, 50) || '_replaced';
  place text := (SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = {ns});
  uses record;
  used bigint;
BEGIN
  FOR uses IN
    SELECT c.oid::regclass::text AS tbl, quote_ident(a.attname) AS col,
           format('%I.%I', place, old_name) || repeat('[]', (a.atttypid <> old)::int) AS typ,
           pg_get_expr(d.adbin, d.adrelid) AS def, a.atttypid <> old AS is_array
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
      LEFT JOIN pg_catalog.pg_attrdef AS d
        ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
     WHERE NOT a.attisdropped AND a.attnum > 0
       AND a.atttypid IN (old, (SELECT y.typarray FROM pg_catalog.pg_type AS y WHERE y.oid = old))
  LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE EXISTS (SELECT FROM unnest(%s) AS v(label) '
                   'WHERE v.label::text <> ALL (%L))', uses.tbl,
      CASE WHEN uses.is_array THEN uses.col ELSE 'ARRAY[' || uses.col || ']' END, {labels}) INTO used;
    IF used > 0 THEN
      RAISE EXCEPTION USING ERRCODE = '{state}',
        MESSAGE = format('%s cannot be replaced: %s rows of %s use a dropped label (column %s)',
                         {label}, used, uses.tbl, uses.col),
        HINT = 'update these rows to another label, then run again';
    END IF;
  END LOOP;
  EXECUTE format('ALTER TYPE %I.%I RENAME TO %I', place, old_name, spare);
  EXECUTE {create};
  FOR uses IN
    SELECT c.oid::regclass::text AS tbl, quote_ident(a.attname) AS col,
           format('%I.%I', place, old_name) || repeat('[]', (a.atttypid <> old)::int) AS typ,
           replace(pg_get_expr(d.adbin, d.adrelid), format_type(old, NULL),
                   format('%I.%I', place, old_name)) AS def
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      LEFT JOIN pg_catalog.pg_attrdef AS d
        ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
     WHERE NOT a.attisdropped AND a.attnum > 0
       AND a.atttypid IN (old, (SELECT y.typarray FROM pg_catalog.pg_type AS y WHERE y.oid = old))
  LOOP
    IF uses.def IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT', uses.tbl, uses.col);
    END IF;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::text%s::%s', uses.tbl, uses.col,
                   uses.typ, uses.col, CASE WHEN uses.typ LIKE '%[]' THEN '[]' END, uses.typ);
    IF uses.def IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s', uses.tbl, uses.col, uses.def);
    END IF;
  END LOOP;
  EXECUTE format('DROP TYPE %I.%I', place, spare);
END
"""


def add_value(name: str, value: str, *, before: str | None, after: str | None, schema: str | None) -> str:
    """The guarded ``ALTER TYPE … ADD VALUE``.

    Refuses if the value exists in another place than directly before or after the named one.
    """
    if before is not None and after is not None:
        msg = f"value {value!r} of enum {name}: write before= or after=, not both"
        raise ModelError(msg)
    EnumType(name, (value,), schema=schema)
    place, rule = "", "true"
    if before is not None:
        place = f" BEFORE {literal(before)}"
        rule = f"labels[position + 1] IS NOT DISTINCT FROM {literal(before)}"
    elif after is not None:
        place = f" AFTER {literal(after)}"
        rule = f"labels[position - 1] IS NOT DISTINCT FROM {literal(after)}"
    statement = f"ALTER TYPE {qualified(name, schema)} ADD VALUE {literal(value)}{place}"
    words = f"value {value!r} of enum {qualified(name, schema)}"
    elsewhere = literal(f"{words} already exists in another place")
    expected = literal(f"{value}{place.lower()}")
    return block(
        [
            *_labels(name, schema, words),
            f"  position := array_position(labels, {literal(value)});",
            "  IF position IS NULL THEN",
            f"    EXECUTE {dollar(statement)};",
            f"  ELSIF NOT ({rule}) THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {elsewhere},",
            f"      DETAIL = 'found: ' || labels::text || E'\\nexpected: ' || {expected},",
            "      HINT = 'op.replace_enum(...) changes the order of labels';",
            "  END IF;",
            "END",
        ]
    )


def rename_value(name: str, old: str, new: str, *, schema: str | None) -> str:
    """The guarded ``ALTER TYPE … RENAME VALUE``.

    Renames if only the old label exists, does nothing if only the new label exists, refuses otherwise.
    """
    EnumType(name, (old, new), schema=schema)
    statement = f"ALTER TYPE {qualified(name, schema)} RENAME VALUE {literal(old)} TO {literal(new)}"
    words = f"value {old!r} of enum {qualified(name, schema)}"
    message = literal(f"{words} cannot be renamed to {new!r}")
    return block(
        [
            *_labels(name, schema, words),
            f"  IF {literal(old)} = ANY (labels) AND NOT {literal(new)} = ANY (labels) THEN",
            f"    EXECUTE {dollar(statement)};",
            f"  ELSIF {literal(old)} = ANY (labels) OR NOT {literal(new)} = ANY (labels) THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {message},",
            "      DETAIL = 'found: ' || labels::text || E'\\nexpected: exactly one of the two labels';",
            "  END IF;",
            "END",
        ]
    )


def has_value(name: str, value: str, *, schema: str | None) -> str:
    """A ``DO`` block that refuses unless the enum has the label."""
    words = f"value {value!r} of enum {qualified(name, schema)}"
    absent = [
        f"  IF NOT {literal(value)} = ANY (labels) THEN",
        refuse(f"{words} is absent", state=ABSENT),
        "  END IF;",
    ]
    return block([*_labels(name, schema, words), *absent, "END"])


def _labels(name: str, schema: str | None, words: str) -> list[str]:
    """The head of a block: the labels of the enum in ``labels``; refuses if the enum is absent."""
    message = literal(f"{words}: the enum is absent")
    return [
        "DECLARE",
        f"  ns oid := {creation_schema(schema)};",
        "  position int;",
        "  labels text[] := (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)",
        "    FROM pg_catalog.pg_enum AS e JOIN pg_catalog.pg_type AS y ON y.oid = e.enumtypid",
        f"   WHERE y.typnamespace = ns AND y.typname = {literal(name)});",
        "BEGIN",
        "  IF labels IS NULL THEN",
        f"    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {message};",
        "  END IF;",
    ]


@converging.register
def _(construct: CreateEnumType) -> ExecutableDDLElement:
    enum = construct.element
    return Create(EnumType(str(enum.name), tuple(enum.enums), schema=enum.schema))


@converging.register
def _(construct: DropEnumType) -> ExecutableDDLElement:
    enum = construct.element
    return Drop(EnumType(str(enum.name), tuple(enum.enums), schema=enum.schema))
