"""Rows for the tables of a copy: a sample of those of the same server, else made ones.

A sample goes from one database of a server to another one, through this process alone; on another server a
table that has rows gets made ones.
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
"""How often the rows to which sampled rows refer are fetched, and those to which these refer."""
_MADE = 3

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
    """A table of the source, by its name in SQL.

    :param columns: those that may be written.
    :param keys: of each foreign key the table that it refers to, its columns and those of that table.
    """

    name: str
    columns: Sequence[Mapping[str, Any]]
    keys: Sequence[tuple[str, Sequence[str], Sequence[str]]]

    @property
    def written(self) -> str:
        """The columns as an INSERT names them."""
        return ", ".join(ident(column["name"]) for column in self.columns)


def tables(source: Driver) -> list[Table]:
    """The tables of a database that may have rows of their own; to be asked with an empty search_path."""
    return [Table(name, columns or [], keys) for name, columns, keys in source.execute(_TABLES.encode())]


def sample(source: Driver, copy: Driver, found: Sequence[Table]) -> None:
    """Up to a hundred rows of each table, with those to which they refer; none of a table that fails."""
    for table in found:
        _fetch(source, copy, table, f"SELECT * FROM {table.name} LIMIT {MOST}")
    by_name = {table.name: table for table in found}
    links = [(table, *key) for table in found for key in table.keys if key[0] in by_name]
    for _ in range(_ROUNDS):
        missing = _missing(copy, links)
        for (_, parent, _, there), keys in missing:
            columns = ", ".join(map(ident, there))
            asked = f"json_populate_recordset(NULL::{parent}, {literal(json.dumps(keys))})"
            wanted = f"SELECT * FROM {parent} WHERE ({columns}) IN (SELECT {columns} FROM {asked})"
            _fetch(source, copy, by_name[parent], wanted)
        if not missing:
            break
    _drop_orphans(copy, links)


def _fetch(source: Driver, copy: Driver, table: Table, rows: str) -> None:
    with suppress(psycopg.Error):  # a table that the role may not read has no rows
        ((found,),) = source.execute(f"SELECT json_agg(to_json(r)) FROM ({rows}) AS r".encode()).fetchall()
        if found and table.columns:
            given = f"json_populate_recordset(NULL::{table.name}, {literal(json.dumps(found))})"
            copy.execute(
                f"INSERT INTO {table.name} ({table.written}) OVERRIDING SYSTEM VALUE "
                f"SELECT {table.written} FROM {given} ON CONFLICT DO NOTHING".encode()
            )


def _is_orphan(parent: str, here: Sequence[str], there: Sequence[str]) -> str:
    present = " AND ".join(f"c.{ident(name)} IS NOT NULL" for name in here)
    pairs = " AND ".join(f"p.{ident(b)} = c.{ident(a)}" for a, b in zip(here, there, strict=True))
    return f"{present} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {pairs})"


def _missing(copy: Driver, links: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """The keys to which rows refer and that no row has."""
    queries = []
    for number, (table, parent, here, there) in enumerate(links):
        pairs = ", ".join(f"{literal(b)}, c.{ident(a)}" for a, b in zip(here, there, strict=True))
        queries.append(
            f"SELECT {number}, jsonb_agg(DISTINCT jsonb_build_object({pairs})) FROM {table.name} AS c "
            f"WHERE {_is_orphan(parent, here, there)}"
        )
    if not queries:
        return []
    found = copy.execute(" UNION ALL ".join(queries).encode()).fetchall()
    return [(links[number], keys) for number, keys in found if keys]


def _drop_orphans(copy: Driver, links: Sequence[Any]) -> None:
    statements = [
        f"DELETE FROM {table.name} AS c WHERE {_is_orphan(parent, here, there)}"
        for table, parent, here, there in links
    ]
    while sum(copy.execute(statement.encode()).rowcount for statement in statements):
        pass


def make(source: Driver, copy: Driver, found: Sequence[Table]) -> None:
    """A few rows for each table that has some in the source; none where a constraint refuses them."""
    if not found:
        return
    queries = [f"SELECT {number}, EXISTS (SELECT FROM {table.name})" for number, table in enumerate(found)]
    filled = [found[number] for number, rows in source.execute(" UNION ALL ".join(queries).encode()) if rows]
    for _ in range(2):  # a table that refers to a later one
        for table in filled:
            inserts = ";\n".join(
                f"BEGIN {_insert(table, number)}; EXCEPTION WHEN OTHERS THEN NULL; END"
                for number in range(_MADE)
            )
            block = f"IF NOT EXISTS (SELECT FROM {table.name}) THEN\n{inserts};\nEND IF;"
            copy.execute(f"DO {dollar(f'BEGIN {block} END', 'make')}".encode())


def _insert(table: Table, number: int) -> str:
    referring = {
        here: f"(SELECT p.{ident(there)} FROM {parent} AS p LIMIT 1 OFFSET {number})"
        for parent, ours, theirs in table.keys
        for here, there in zip(ours, theirs, strict=True)
    }
    given = {
        column["name"]: referring.get(column["name"]) or _value(column, number)
        for column in table.columns
        if column["needed"] or column["name"] in referring
    }
    if not given:
        return f"INSERT INTO {table.name} DEFAULT VALUES"
    return f"INSERT INTO {table.name} ({', '.join(map(ident, given))}) VALUES ({', '.join(given.values())})"


def _value(column: Mapping[str, Any], number: int) -> str:
    """A value of the column's type that no secret is in."""
    type_ = column["type"]
    if column["enum"]:
        return f"(enum_range(NULL::{type_}))[1]"
    by_name = {"uuid": "gen_random_uuid()", "json": "'{}'", "jsonb": "'{}'", "bytea": "'\\x00'"}
    by_category = {"N": str(number), "S": f"'r{number}'", "B": "true", "T": "'1 day'", "A": "'{}'"}
    by_category["D"] = f"(timestamp '2001-01-01' + {number} * interval '1 day')"
    value = by_name.get(type_) or by_category.get(column["category"], "NULL")
    return f"CAST({value} AS {type_})"
