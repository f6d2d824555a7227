"""Indexes, in a transaction and CONCURRENTLY."""

from __future__ import annotations

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import CreateIndex, DropIndex, ExecutableDDLElement
from sqlalchemy.types import NullType

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.construct import converging, creation
from app_schema.ddl.guard import Guard
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.lookup import exists_query, regclass, table_schema
from app_schema.ddl.relation import RELKIND
from app_schema.ddl.sql import DIALECT, checked, literal, plain, qualified, unquoted
from app_schema.ddl.statement import Guarded
from app_schema.ddl.twin import Side, copied
from app_schema.errors import ModelError

CATALOG = CatalogQuery(
    """\
pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
  LEFT JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
  LEFT JOIN pg_catalog.pg_constraint AS k
    ON k.conindid = c.oid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')""",
    catalog="pg_class",
    oid="c.oid",
    kind="'index'",
    name="c.relname",
    namespace="c.relnamespace",
    table="t.relname",
    relation="t.oid",
    where="c.relkind IN ('i', 'I')",
    listed="k.oid IS NULL",
    definition="""\
concat(pg_get_indexdef(c.oid), CASE WHEN NOT i.indisvalid THEN ' INVALID' END,
       (SELECT format(' PARTITION OF %s', h.inhparent::regclass) FROM pg_catalog.pg_inherits AS h
         WHERE h.inhrelid = c.oid))""",
    # without the table: index and twin have different tables
    comparable="""\
regexp_replace(replace(replace(pg_get_indexdef(c.oid), format('%I.%I USING ', n.nspname, t.relname),
                               'USING '), format('pg_temp.%I USING ', t.relname), 'USING '),
               ' ON (ONLY )?USING ', ' USING ')
  || CASE WHEN k.oid IS NULL THEN '' ELSE ' (the index of a constraint)' END
  || CASE WHEN i.indisvalid OR c.relkind = 'I' THEN '' ELSE ' (INVALID: an interrupted build)' END""",
)


def index_query(name: str, table: str) -> str:
    """Query of the definition that guards compare; of an object of another kind, the kind."""
    printed = f"""\
CASE WHEN c.relkind NOT IN ('i', 'I') THEN 'a ' || {RELKIND}
            WHEN t.relname <> {literal(table)} THEN format('an index on table %I', t.relname)
            ELSE {CATALOG.printed} END"""
    return CATALOG.select(printed, *CATALOG.place(name), any_kind=True)


def kind_of_name(name: str, table: str | None, *conditions: str) -> str:
    """Query of the kind of the object that has a name, such as "index on table t"."""
    elsewhere = f"t.relname <> {literal(table)}" if table is not None else "false"
    kind = f"""\
CASE WHEN {elsewhere} THEN format('index on table %I', t.relname)
            WHEN k.oid IS NOT NULL THEN 'index of a constraint' ELSE {RELKIND} END"""
    return CATALOG.select(kind, *CATALOG.place(name), *conditions, any_kind=True)


def name_of(index: Index) -> str:
    """The name of an index, from the naming convention if there is one.

    :raises ModelError: if it has none.
    """
    if index.name is None:
        table = index.table.name if index.table is not None else "a table"
        msg = f"an index on {table} has no name: only a named index can be guarded; write name=..."
        raise ModelError(msg)
    name = DIALECT.identifier_preparer.format_index(index)
    return checked(unquoted(name))


def with_included(index: Index) -> Index:
    """The index with its ``postgresql_include`` columns added to its table, where SQLAlchemy looks them up.

    ``op.create_index`` builds a table that has only the indexed columns.
    """
    assert index.table is not None
    for name in index.dialect_options["postgresql"]["include"] or ():
        if isinstance(name, str) and name not in index.table.c:
            index.table.append_column(Column(name, NullType))
    return index


CONCURRENTLY = "app_schema.concurrently"
"""Setting: the index that a statement outside of a block is to create or drop CONCURRENTLY."""


class CreateConcurrently(CreateIndex):
    """The guard of ``CREATE INDEX CONCURRENTLY``: notes an absent index in :data:`CONCURRENTLY`."""


class DropConcurrently(DropIndex):
    """The guard of ``DROP INDEX CONCURRENTLY``: notes an existing index in :data:`CONCURRENTLY`."""


def _noted(name: str) -> str:
    return f"SELECT set_config('{CONCURRENTLY}', {literal(name)}, false)"


def create(index: Index, *, only: bool = False, concurrently: bool = False) -> Guard:
    """The guard of ``CREATE INDEX``.

    :param only: ON ONLY: creates no indexes on the partitions.
    :param concurrently: creates the index on an empty copy of the table, and notes that it is to be created.
    """
    name, table = name_of(index), index.table
    assert table is not None
    construct, like = CreateIndex(index), copied(table.name, table.schema)
    on_copy = plain(construct, on=like.twin)
    absent: tuple[str, ...] = (plain(construct, on=f"ONLY {like.real}" if only else None),)
    if concurrently:
        absent = (f"CREATE TABLE {like.twin} (LIKE {like.real})", on_copy)
        absent = (*absent, f"DROP TABLE {like.twin}", _noted(name))
    return Guard(
        label=f"index {name} on {like.real}",
        namespace=table_schema(table.name, table.schema),
        definition=index_query(name, table.name),
        # planning the joins of the definition takes longer than creating an index on an empty table
        exists=exists_query(regclass(name, table.schema)),
        new=Side(twin=(on_copy,), like=like),
        absent=absent,
        remedy=(
            f'op.drop_index("{name}", "{table.name}") first, or give the new definition a new name; '
            "op.create_index_concurrently(...) rebuilds an INVALID index"
        ),
    )


def drop_index(name: str, table: str | None, schema: str | None, *, concurrently: bool = False) -> str:
    """The guarded ``DROP INDEX``. With a table, an index of another table is refused.

    :param concurrently: notes that the index is to be dropped.
    """
    statement = _noted(name) if concurrently else f"DROP INDEX {qualified(name, schema)}"
    place = table_schema(name, schema)  # PostgreSQL finds an index and a table by the same search_path
    label = f"index {qualified(name, schema)}"
    return drop(label, place, kind_of_name(name, table), "index", (statement,))


def is_concurrent(index: Index) -> bool:
    """``postgresql_concurrently``."""
    return bool(index.dialect_options["postgresql"]["concurrently"])


def _in_transaction(index: Index, verb: str) -> str:
    remedy = (
        f"write op.{verb}_index_concurrently(...), or with op.get_context().autocommit_block(): before it"
    )
    return f"index {index.name}: CONCURRENTLY cannot run in a transaction; {remedy}"


@creation.register
def _(construct: CreateIndex) -> tuple[str, ...]:
    index = construct.element
    if is_concurrent(index):
        raise ModelError(_in_transaction(index, "create"))
    assert index.table is not None
    for name in (name_of(index), index.table.name):
        checked(name)
    return (plain(CreateIndex(index)),)


@converging.register
def _(construct: CreateIndex) -> ExecutableDDLElement:
    if is_concurrent(construct.element):
        raise ModelError(_in_transaction(construct.element, "create"))
    return Guarded(create(construct.element))


@converging.register
def _(construct: DropIndex) -> ExecutableDDLElement:
    index = construct.element
    if is_concurrent(index):
        raise ModelError(_in_transaction(index, "drop"))
    return Guarded(drop_index(name_of(index), *stated_table(index)))


@creation.register
def _(construct: CreateConcurrently) -> None:
    del construct


@converging.register
def _(construct: CreateConcurrently) -> ExecutableDDLElement:
    return Guarded(create(construct.element, concurrently=True))


@converging.register
def _(construct: DropConcurrently) -> ExecutableDDLElement:
    index = construct.element
    return Guarded(drop_index(name_of(index), *stated_table(index), concurrently=True))


def stated_table(index: Index) -> tuple[str | None, str | None]:
    """Table and schema of an index, None for each that the revision does not state."""
    table = index.table
    if table is None:
        return None, None
    # Alembic gives an index without a stated table the table "no_table"
    return (table.name if table.name != "no_table" else None), table.schema


INVALID = """\
SELECT c.relname
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
 WHERE NOT i.indisvalid AND c.relkind = 'i' AND t.relname = :table
   AND (c.relname = :name OR (
         starts_with(:name, regexp_replace(c.relname, '_cc(new|old)[0-9]*$', ''))
     AND c.relname ~ '_cc(new|old)[0-9]*$'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.relid = t.oid)))
   AND c.relnamespace = coalesce(
         (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname = :schema),
         (SELECT r.relnamespace FROM pg_catalog.pg_class AS r WHERE r.oid = to_regclass(:quoted)))"""
"""Query of what an interrupted build of one index has left, or an interrupted ``REINDEX CONCURRENTLY``."""


def concurrently(index: Index) -> str:
    """``CREATE INDEX CONCURRENTLY IF NOT EXISTS``.

    Sent after :class:`CreateConcurrently`: PostgreSQL would skip any index that has the name.
    """
    index.dialect_options["postgresql"]["concurrently"] = True
    dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]  # not annotated in SQLAlchemy
    return str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect))


def drop_leftover(name: str, table: str, schema: str | None) -> str:
    """A block that drops the index if it is INVALID: a ``--sql`` script cannot query first."""
    invalid = f"""\
SELECT 'index'::text FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
 WHERE c.relnamespace = $1 AND c.relname = {literal(name)} AND NOT i.indisvalid"""
    statement = f"DROP INDEX {qualified(name, schema)}"
    return drop(f"index {name}", table_schema(table, schema), invalid, "index", (statement,))
