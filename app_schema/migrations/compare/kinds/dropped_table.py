"""A dropped table: the directives that create it again, and the properties that no directive restores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, ops
from sqlalchemy import Column, MetaData, Table

from app_schema.ddl import Key, NotNull
from app_schema.ddl.sequence import OTHER_NAME
from app_schema.ddl.sql import ident
from app_schema.migrations.compare.kinds import heir, option
from app_schema.migrations.compare.kinds.column import reflected_column
from app_schema.migrations.compare.kinds.sequence import own_of_serial
from app_schema.migrations.directives import CallOp
from app_schema.migrations.operations import CreateObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

# a table may inherit from a younger one, or have a column of its row type, but is always created after it
_AGE = f"""\
SELECT (WITH RECURSIVE above(oid, depth) AS (
          SELECT c.oid, 0
          UNION ALL
          SELECT o.oid, depth + 1 FROM above CROSS JOIN LATERAL (
            SELECT h.inhparent FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = above.oid
            UNION ALL
            SELECT r.oid FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
              JOIN pg_catalog.pg_class AS r ON r.reltype IN (y.oid, y.typelem)
             WHERE a.attrelid = above.oid AND a.attnum > 0 AND NOT a.attisdropped
               AND y.typtype IN ('b', 'c') AND r.relkind IN ('r', 'p', 'f')) AS o(oid)
           WHERE depth < 100)
        SELECT max(above.oid::bigint + depth) FROM above)
  FROM {heir.TABLE}"""
_COLUMNS = f"""\
SELECT (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM {heir.TABLE}"""
# From PostgreSQL 18 on a NOT NULL has a name and may be NO INHERIT; before, pg_constraint has no such rows.
_NOT_NULLS = f"""\
SELECT (SELECT coalesce(json_agg(json_build_array(a.attname, t.conname, t.connoinherit, NOT t.convalidated,
                                                  t.coninhcount > 0 AND NOT c.relispartition)
                                 ORDER BY a.attnum), '[]')
          FROM pg_catalog.pg_constraint AS t
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.conrelid AND a.attnum = t.conkey[1]
         WHERE t.conrelid = c.oid AND t.contype = 'n' AND (t.conislocal OR c.relispartition))
  FROM {heir.TABLE}"""
_PUBLISHED = "its place in the publication "
_VALID = {False: "is valid", True: "is valid and has a part in each partition"}
_LOST = f"""\
SELECT (SELECT coalesce(json_agg(p.part), '[]') FROM (
         SELECT format('its tablespace %I', s.spcname) AS part
           FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace
         UNION ALL
         SELECT format('{_PUBLISHED}%I', p.pubname)
           FROM pg_catalog.pg_publication_rel AS r JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
          WHERE r.prrelid = c.oid
         UNION ALL
         SELECT format('the name %I of the sequence of its column %I', s.relname, a.attname)
           FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_depend AS q
             ON q.refobjid = a.attrelid AND q.refobjsubid = a.attnum AND q.deptype = 'i'
            AND q.classid = 'pg_catalog.pg_class'::regclass AND q.refclassid = q.classid
           JOIN pg_catalog.pg_class AS s ON s.oid = q.objid AND s.relkind = 'S'
          WHERE a.attrelid = c.oid AND a.attidentity <> '' AND {OTHER_NAME}
         UNION ALL
         SELECT format('UNLOGGED of the sequence of its column %I', a.attname)
           FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_depend AS q
             ON q.refobjid = a.attrelid AND q.refobjsubid = a.attnum AND q.deptype = 'i'
            AND q.classid = 'pg_catalog.pg_class'::regclass AND q.refclassid = q.classid
           JOIN pg_catalog.pg_class AS s ON s.oid = q.objid AND s.relkind = 'S'
          WHERE a.attrelid = c.oid AND s.relpersistence = 'u' AND c.relpersistence = 'p'
         UNION ALL
         SELECT format('the type %s of the sequence of its column %I', format_type(s.seqtypid, NULL),
                       a.attname)
           FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_depend AS q
             ON q.refobjid = a.attrelid AND q.refobjsubid = a.attnum AND q.deptype = 'i'
            AND q.classid = 'pg_catalog.pg_class'::regclass AND q.refclassid = q.classid
           JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = q.objid
          WHERE a.attrelid = c.oid AND s.seqtypid <> a.atttypid
         UNION ALL
         SELECT format('NOT VALID of the NOT NULL that its column %I inherits', a.attname)
           FROM pg_catalog.pg_constraint AS t
           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.conrelid AND a.attnum = t.conkey[1]
          WHERE t.conrelid = c.oid AND t.contype = 'n' AND t.coninhcount > 0 AND NOT t.convalidated
            AND NOT c.relispartition
         UNION ALL
         SELECT format('its security label of %I', l.provider) FROM pg_catalog.pg_seclabel AS l
          WHERE l.classoid = 'pg_catalog.pg_class'::regclass AND l.objoid = c.oid) AS p)
  FROM {heir.TABLE}"""


def creation_order(sides: Sides, table: Key) -> int:
    """A number that increases with the time of creation of a table, and of its parents."""
    number: int = sides.answers.get(_AGE, table)
    return number


def creation(sides: Sides, planner: Planner, table: Key) -> list[MigrateOperation]:
    """The directives that create the table again: with its columns, then its constraints and indexes, except
    the constraints that the revision drops by themselves."""
    place = (table.schema, table.name)
    parts = sides.of_table(*place)
    inherited, (checks, own_checks) = heir.columns(sides, table), heir.checks(sides, table)
    columns = [Key("column", *place, name) for name in sides.answers.get(_COLUMNS, table)]
    sequences = [own for own in (own_of_serial(sides, column) for column in columns) if own is not None]
    again = Table(
        table.name,
        MetaData(),
        *(listed for column in columns if (listed := _listed(sides, column, inherited)) is not None),
        *own_checks,
        schema=table.schema,
        comment=sides.reflected.get(Key("comment", *place, "")),
        **storage(sides.reflected[table]),
        **heir.options(sides.reflected[table]),
        **_partitioning(sides.reflected[table]),
    )
    constraints = [
        key
        for key in parts
        if key.kind == "constraint" and key not in planner.dropped and key not in checks
        if not sides.reflected[key].startswith("FOREIGN KEY")
    ]
    indexes = [key for key in parts if key.kind == "index"]
    return [
        *(CreateObjectOp(free) for free, _ in sequences),
        ops.CreateTableOp.from_table(again),
        *(
            CallOp("alter_column", table.name, column.name, **changes, schema=table.schema)
            for column, (_, changes) in inherited.items()
            if changes
        ),
        *_not_nulls(sides, table),
        *(ReplaceObjectOp(owned, free) for free, owned in sequences),
        *(
            CreateObjectOp(sides.reflect(key, _alone(sides.reflected[key])))
            for key in (*constraints, *indexes)
        ),
        *option.of_table(sides, planner, table),
    ]


def _listed(sides: Sides, column: Key, inherited: Mapping[Key, tuple[Column[Any] | None, Any]]) -> Any:
    return inherited[column][0] if column in inherited else reflected_column(sides, column, own_sequence=True)


def _partitioning(definition: str) -> dict[str, Any]:
    """The argument of a partitioned table."""
    _, partitioned, by = definition.partition("PARTITION BY ")
    return {"postgresql_partition_by": by} if partitioned else {}


def _alone(definition: str) -> str:
    """An index without that of the parent, to which PostgreSQL attaches it with the partition."""
    return definition.partition(" PARTITION OF ")[0]


def storage(definition: str) -> dict[str, Any]:
    """The arguments of a table that is UNLOGGED, or has storage parameters."""
    unlogged = {"prefixes": ["UNLOGGED"]} if definition.startswith("UNLOGGED") else {}
    parameters: dict[str, Any] = {}
    if match := re.search(r"WITH \((.*?)\)", definition):
        parameters["postgresql_with"] = dict(pair.split("=", 1) for pair in match[1].split(", "))
    return {**unlogged, **parameters}


def _not_nulls(sides: Sides, table: Key) -> Iterator[CreateObjectOp]:
    """The NOT NULL constraints that are not as PostgreSQL creates them with the table."""
    for column, name, no_inherit, not_valid, is_inherited in sides.answers.get(_NOT_NULLS, table):
        chosen = f"{table.name}_{column}_not_null"
        if not is_inherited and (no_inherit or not_valid or name != chosen):
            yield CreateObjectOp(
                NotNull(
                    column,
                    name,
                    no_inherit=no_inherit,
                    not_valid=not_valid,
                    table=table.name,
                    schema=table.schema,
                )
            )


def note_losses(sides: Sides, planner: Planner, table: Key) -> None:
    """Notes the properties of a dropped table that no downgrade restores."""
    dropped = (key.name for key in planner.dropped if key.kind == "publication")
    restored = {_PUBLISHED + ident(name) for name in dropped}
    lost = [part for part in sides.answers.get(_LOST, table) if part not in restored]
    lost += [
        f"the INVALID state of index {part.name}, which {_VALID[sides.partitioned(part)]} then"
        for part in sides.of_table(table.schema, table.name)
        if part.kind == "index" and " INVALID" in sides.reflected[part]
    ]
    owned = [key for key in sides.of_table(table.schema, table.name) if key.kind == "column"]
    lost += [
        f"UNLOGGED of the sequence {own[0].name}"
        for own in (own_of_serial(sides, column) for column in owned)
        if own is not None and sides.reflected[table].startswith("UNLOGGED")
    ]
    lost += [
        f"the name of its constraint {name}, which it inherits too"
        for column, name, _, _, is_inherited in sides.answers.get(_NOT_NULLS, table)
        if is_inherited and name != f"{table.name}_{column}_not_null"
    ]
    if lost:
        words = f"the downgrade creates table {table.schema}.{table.name} without {', '.join(lost)}"
        planner.note(f"{words}: restore it by hand")
