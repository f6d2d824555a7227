"""Rows for the tables of a copy: a sample of the source's rows, or generated rows.

A sample is copied between two databases of the same server, through this process only. On another server a
table with rows in the source gets generated rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from app_schema.ddl.sql import dollar, ident, literal

if TYPE_CHECKING:
    Driver = psycopg.Connection[Any]

MOST = 100
"""Rows of a table."""
_ROUNDS = 5
"""The number of times that referenced rows are fetched, for sampled rows and for rows fetched before."""
_GENERATED = 3

_TABLES = """\
SELECT format('%I.%I', n.nspname, c.relname),
       (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                 'category', y.typcategory, 'enum', y.typtype = 'e',
                 'needed', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
       (SELECT coalesce(json_agg(json_build_array(t.confrelid::regclass::text,
                 (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(t.conkey) WITH ORDINALITY AS k(num, n)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.conrelid AND a.attnum = k.num),
                 (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(t.confkey) WITH ORDINALITY AS k(num, n)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.confrelid AND a.attnum = k.num))
                 ORDER BY t.conname), '[]')
          FROM pg_catalog.pg_constraint AS t WHERE t.conrelid = c.oid AND t.contype = 'f')
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1"""


@dataclass(frozen=True)
class Table:
    """A table of the source, by its name in SQL, without its heirs: those may be on another server.

    :param columns: the writable columns.
    :param keys: for each foreign key the referenced table, the columns, and the referenced columns.
    """

    name: str
    columns: Sequence[Mapping[str, Any]]
    keys: Sequence[tuple[str, Sequence[str], Sequence[str]]]

    @property
    def written(self) -> str:
        """The list of columns of an INSERT."""
        return ", ".join(ident(column["name"]) for column in self.columns)


def tables(source: Driver) -> list[Table]:
    """The tables of a database that store rows; needs an empty search_path."""
    return [Table(name, columns or [], keys) for name, columns, keys in source.execute(_TABLES.encode())]


def sample(source: Driver, copy: Driver, tables: Sequence[Table]) -> None:
    """Copies up to a hundred rows of each table, with the referenced rows; none of a table that fails."""
    for table in tables:
        _fetch(source, copy, table, f"SELECT * FROM ONLY {table.name} LIMIT {MOST}")
    by_name = {table.name: table for table in tables}
    links = [(table, *key) for table in tables for key in table.keys if key[0] in by_name]
    for _ in range(_ROUNDS):
        missing = _missing(copy, links)
        for (_, parent, _, referenced), keys in missing:
            columns = ", ".join(map(ident, referenced))
            values = f"json_populate_recordset(NULL::{parent}, {literal(json.dumps(keys))})"
            rows = f"SELECT * FROM ONLY {parent} WHERE ({columns}) IN (SELECT {columns} FROM {values})"
            _fetch(source, copy, by_name[parent], rows)
        if not missing:
            break
    _drop_orphans(copy, links)


def _fetch(source: Driver, copy: Driver, table: Table, rows: str) -> None:
    with suppress(psycopg.Error):  # no rows of a table that the role may not read
        ((objects,),) = source.execute(f"SELECT json_agg(to_json(r)) FROM ({rows}) AS r".encode()).fetchall()
        if objects and table.columns:
            values = f"json_populate_recordset(NULL::{table.name}, {literal(json.dumps(objects))})"
            copy.execute(
                f"INSERT INTO {table.name} ({table.written}) OVERRIDING SYSTEM VALUE "
                f"SELECT {table.written} FROM {values} ON CONFLICT DO NOTHING".encode()
            )


def _is_orphan(parent: str, referring: Sequence[str], referenced: Sequence[str]) -> str:
    present = " AND ".join(f"c.{ident(name)} IS NOT NULL" for name in referring)
    pairs = " AND ".join(f"p.{ident(b)} = c.{ident(a)}" for a, b in zip(referring, referenced, strict=True))
    return f"{present} AND NOT EXISTS (SELECT FROM ONLY {parent} AS p WHERE {pairs})"


def _missing(copy: Driver, links: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """The keys of absent rows that rows reference."""
    queries = []
    for number, (table, parent, referring, referenced) in enumerate(links):
        pairs = ", ".join(f"{literal(b)}, c.{ident(a)}" for a, b in zip(referring, referenced, strict=True))
        queries.append(
            f"SELECT {number}, jsonb_agg(DISTINCT jsonb_build_object({pairs})) FROM ONLY {table.name} AS c "
            f"WHERE {_is_orphan(parent, referring, referenced)}"
        )
    if not queries:
        return []
    rows = copy.execute(" UNION ALL ".join(queries).encode()).fetchall()
    return [(links[number], keys) for number, keys in rows if keys]


def _drop_orphans(copy: Driver, links: Sequence[Any]) -> None:
    statements = [
        f"DELETE FROM ONLY {table.name} AS c WHERE {_is_orphan(parent, referring, referenced)}"
        for table, parent, referring, referenced in links
    ]
    while sum(copy.execute(statement.encode()).rowcount for statement in statements):
        pass


def generate(source: Driver, copy: Driver, tables: Sequence[Table]) -> None:
    """Inserts a few rows into each table with rows in the source; none if a constraint refuses them."""
    if not tables:
        return
    queries = [
        f"SELECT {number}, EXISTS (SELECT FROM ONLY {table.name})" for number, table in enumerate(tables)
    ]
    filled = [tables[number] for number, rows in source.execute(" UNION ALL ".join(queries).encode()) if rows]
    for _ in range(2):  # the second round fills a table that references a later table
        for table in filled:
            inserts = ";\n".join(
                f"BEGIN {_insert(table, number)}; EXCEPTION WHEN OTHERS THEN NULL; END"
                for number in range(_GENERATED)
            )
            block = f"IF NOT EXISTS (SELECT FROM ONLY {table.name}) THEN\n{inserts};\nEND IF;"
            copy.execute(f"DO {dollar(f'BEGIN {block} END', 'make')}".encode())


def _insert(table: Table, number: int) -> str:
    keys = {
        referring: f"(SELECT p.{ident(referenced)} FROM {parent} AS p LIMIT 1 OFFSET {number})"
        for parent, *columns in table.keys
        for referring, referenced in zip(*columns, strict=True)
    }
    values = {
        column["name"]: keys.get(column["name"]) or _value(column, number)
        for column in table.columns
        if column["needed"] or column["name"] in keys
    }
    if not values:
        return f"INSERT INTO {table.name} DEFAULT VALUES"
    return f"INSERT INTO {table.name} ({', '.join(map(ident, values))}) VALUES ({', '.join(values.values())})"


def _value(column: Mapping[str, Any], number: int) -> str:
    """A value of the column's type, the same for every database: the copy must contain no secret."""
    type_ = column["type"]
    if column["enum"]:
        return f"(enum_range(NULL::{type_}))[1]"
    by_name = {"uuid": "gen_random_uuid()", "json": "'{}'", "jsonb": "'{}'", "bytea": "'\\x00'"}
    by_category = {"N": str(number), "S": f"'r{number}'", "B": "true", "T": "'1 day'", "A": "'{}'"}
    by_category["D"] = f"(timestamp '2001-01-01' + {number} * interval '1 day')"
    value = by_name.get(type_) or by_category.get(column["category"], "NULL")
    return f"CAST({value} AS {type_})"
