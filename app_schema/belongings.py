"""The rows that belong to a row: all that refer to it by foreign keys, directly or through other rows.

The keys are read from the catalog, so a table that no model declares is followed too. A row whose key is ON
DELETE SET NULL or SET DEFAULT only refers to the other, and does not belong to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import sqlalchemy as sa

from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ServerError

Values = tuple[str, ...]
"""Of some columns of a row, as text."""

# A constraint of a partition (conparentid) repeats the one of its parent. confdelsetcols: SET NULL (columns).
_REFERENCES = """
SELECT f.conname, n.nspname, c.relname, m.nspname, t.relname, f.confdeltype,
       ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k(number, place)
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.number
              ORDER BY k.place),
       ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k(number, place)
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.number
              ORDER BY k.place),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = f.conrelid AND a.attnum = ANY (coalesce(f.confdelsetcols, f.conkey))
              ORDER BY a.attnum)
  FROM pg_catalog.pg_constraint AS f
  JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class AS t ON t.oid = f.confrelid
  JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace
 WHERE f.contype = 'f' AND f.conparentid = 0
 ORDER BY n.nspname, c.relname, f.conname"""
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum)
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1, 2, 5"""
_READABLE = """
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"""
_SETS = {"n": "NULL", "d": "DEFAULT"}
"""The value that PostgreSQL writes into the columns of a key, by pg_constraint.confdeltype."""


@dataclass(frozen=True)
class ReflectedForeignKey:
    """A foreign key.

    `sets` is what the deletion of its target writes into the columns `emptied`; None: the row belongs to it.
    """

    name: str
    table: str
    columns: Values
    target: str
    target_columns: Values
    emptied: Values
    sets: str | None


@dataclass(frozen=True)
class BelongingRow:
    """A row by its primary key, and the values that other rows refer to.

    `document` is the whole row as JSON, if asked for.
    """

    table: str
    key: Values
    values: Mapping[str, str]
    document: str | None


@dataclass(frozen=True)
class Keys:
    """The foreign and primary keys of a database, and the types of the columns."""

    references: Sequence[ReflectedForeignKey]
    primary: Mapping[str, Values]
    types: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, connection: sa.Connection) -> Keys:
        """The keys of the database of the connection."""
        references = []
        for key, schema, table, other, target, action, *columns in connection.exec_driver_sql(_REFERENCES):
            source_columns, target_columns, emptied = map(tuple, columns)
            names = qualified(table, schema), qualified(target, other)
            references.append(
                ReflectedForeignKey(
                    key, names[0], source_columns, names[1], target_columns, emptied, _SETS.get(action)
                )
            )
        primary: dict[str, Values] = {}
        types: dict[tuple[str, str], str] = {}
        for schema, name, column, type_, place in connection.exec_driver_sql(_COLUMNS):
            table = qualified(name, schema)
            types[table, column] = type_
            if place is not None:
                primary[table] = (*primary.get(table, ()), column)
        return cls(references, primary, types)

    def primary_of(self, table: str) -> Values:
        """The columns of the primary key of a table; raises ServerError if it or the table is absent."""
        if all(table != other for other, _ in self.types):
            raise ServerError(f"The table {table} does not exist. Run app-schema upgrade.")
        if table not in self.primary:
            raise ServerError(
                f"The table {table} has no primary key, so its rows cannot be named one by one: "
                f"ALTER TABLE {table} ADD PRIMARY KEY (...);"
            )
        return self.primary[table]

    def readable(self, connection: sa.Connection) -> Keys:
        """The same without the references of tables that the current role may not read."""
        readable = {qualified(table, schema) for schema, table in connection.exec_driver_sql(_READABLE)}
        return replace(self, references=[item for item in self.references if item.table in readable])

    def belonging_to(self, table: str) -> list[ReflectedForeignKey]:
        """The references whose rows belong to rows of the table."""
        return [
            reference
            for reference in self.references
            if reference.target == table and reference.sets is None and not self._implied(reference)
        ]

    def children_first(self, tables: Sequence[str]) -> list[list[str]]:
        """The order of the tables for deleting their rows; those of a circle need one statement."""
        children = {
            table: [other.table for other in self.references if other.target == table] for table in tables
        }
        below = {table: _descendants(table, children) for table in tables}
        circles = {
            table: tuple(other for other in tables if other in below[table] and table in below[other])
            for table in tables
        }
        order: TopologicalSorter[tuple[str, ...]] = TopologicalSorter()
        for table, circle in circles.items():
            # sorted: a token of the erasure is bound to the order, and a set has another one in each process
            order.add(circle, *(circles[child] for child in sorted(below[table].difference(circle))))
        return [list(circle) for circle in order.static_order()]

    def matching(self, table: str, columns: Values) -> str:
        """SQL condition, with a placeholder a column: the row `t` has one of the values in these columns."""
        names = ", ".join(f"t.{name(column)}" for column in columns)
        arrays = ", ".join(f"%s::text[]::{self.types[table, column]}[]" for column in columns)
        return (
            f"{names} = ANY ({arrays})"
            if len(columns) == 1
            else f"({names}) IN (SELECT * FROM unnest({arrays}))"
        )

    def _implied(self, reference: ReflectedForeignKey) -> bool:
        """True if a shorter key finds the same rows: a message of my chat is a message of mine."""
        parents = [
            other for other in self.references if other.table == reference.target and other.sets is None
        ]
        if len(parents) != 1:
            return False
        (parent,) = parents
        column_of = dict(zip(reference.target_columns, reference.columns, strict=True))
        same = tuple(column_of.get(column, "") for column in parent.columns)
        return any(
            (other.table, other.columns, other.target, other.target_columns, other.sets)
            == (reference.table, same, parent.target, parent.target_columns, None)
            for other in self.references
        )


def belonging(
    connection: sa.Connection,
    keys: Keys,
    table: str,
    key: Values,
    *,
    lock: bool = False,
    documents: bool = False,
) -> Iterator[BelongingRow]:
    """The row with this primary key, then all rows that belong to it, each once.

    With `lock` no other session changes or deletes these rows, nor refers to them by a new one, until the
    transaction ends: what is found stays all there is.
    """
    seen: set[tuple[str, Values]] = set()
    primary = keys.primary_of(table)
    todo = [(ReflectedForeignKey("", table, primary, table, primary, (), None), [key])]
    while todo:
        fresh: dict[str, list[BelongingRow]] = {}
        for reference, targets in todo:
            for row in referring(connection, keys, reference, targets, lock=lock, documents=documents):
                if (row.table, row.key) not in seen:
                    seen.add((row.table, row.key))
                    fresh.setdefault(row.table, []).append(row)
                    yield row
        todo = [
            (reference, [tuple(row.values[column] for column in reference.target_columns) for row in rows])
            for target, rows in fresh.items()
            for reference in keys.belonging_to(target)
        ]


def referring(
    connection: sa.Connection,
    keys: Keys,
    reference: ReflectedForeignKey,
    targets: Sequence[Values],
    *,
    lock: bool = False,
    documents: bool = False,
) -> Iterator[BelongingRow]:
    """The rows that refer by this key to rows with one of these values."""
    table, primary = reference.table, keys.primary_of(reference.table)
    named = {column for other in keys.references if other.target == table for column in other.target_columns}
    columns = (*primary, *sorted(named.difference(primary)))
    query = (
        f"SELECT {'pg_catalog.to_jsonb(t)' if documents else 'NULL'}::text, "
        f"{', '.join(f't.{name(column)}::text' for column in columns)} FROM {name(table, quoted=True)} AS t "
        f"WHERE {keys.matching(table, reference.columns)}{' FOR UPDATE' if lock else ''}"
    )
    rows = connection.exec_driver_sql(query, arrays(targets), execution_options={"stream_results": documents})
    for document, *texts in rows:
        values = dict(zip(columns, texts, strict=True))
        yield BelongingRow(table, tuple(values[column] for column in primary), values, document)


def _descendants(table: str, children: Mapping[str, Sequence[str]]) -> set[str]:
    """The table, and those of the given tables that refer to it, directly or through others of them."""
    tables, todo = {table}, [table]
    while todo:
        fresh = [child for child in children[todo.pop()] if child in children and child not in tables]
        tables.update(fresh)
        todo += fresh
    return tables


def arrays(values: Sequence[Values]) -> tuple[list[str], ...]:
    """The values of the placeholders of `Keys.matching`: an array a column."""
    return tuple(list(column) for column in zip(*values, strict=True))


def name(text: str, *, quoted: bool = False) -> str:
    """A name in a query with placeholders, where a % is doubled."""
    return (text if quoted else ident(text)).replace("%", "%%")
