"""Requirements of the tables for spreading their rows over servers by owner, as Citus does.

Such a server holds all rows of an owner. So each private table has the owner in a column that is never NULL,
in every key and in every foreign key to a private table, and nothing reads or writes rows of two owners.
The owner is a person; private is each table whose rows belong to a person by foreign keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData

from app_schema.audit.check import sets
from app_schema.audit.finding import Finding
from app_schema.belongings import Keys, ReflectedForeignKey
from app_schema.catalog import read
from app_schema.ddl.sql import ident, qualified

_NULLABLE = """
SELECT s.nspname, t.relname, c.attname::text
  FROM col AS c JOIN tab AS t ON t.oid = c.attrelid JOIN space AS s ON s.oid = t.relnamespace
 WHERE NOT c.attnotnull"""
# The columns that an index enforces, by name; without expressions.
_UNIQUE = """
SELECT s.nspname, t.relname,
       CASE WHEN i.conname IS NULL THEN 'index ' || i.name ELSE format('constraint %I', i.conname) END,
       coalesce(i.contype::text, 'i'),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = t.oid AND a.attnum = ANY (i.keys) ORDER BY array_position(i.keys, a.attnum))
  FROM idx AS i JOIN tab AS t ON t.oid = i.indrelid JOIN space AS s ON s.oid = t.relnamespace
 WHERE (i.indisunique OR i.indisexclusion) AND NOT t.relispartition"""
_TRIGGERS = """
SELECT s.nspname, t.relname, format('trigger %I', g.tgname), p.prosrc
  FROM pg_catalog.pg_trigger AS g JOIN tab AS t ON t.oid = g.tgrelid
  JOIN space AS s ON s.oid = t.relnamespace JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
 WHERE NOT g.tgisinternal"""
# The tables that the expressions of a policy read, and the bodies of the functions that they call.
_POLICIES = """
SELECT s.nspname, t.relname, format('policy %I', p.polname), concat(
         (SELECT string_agg(format(' FROM %s.%s ', z.nspname, r.relname), '') FROM pg_catalog.pg_depend AS d
            JOIN rel AS r ON r.oid = d.refobjid JOIN space AS z ON z.oid = r.relnamespace
           WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = p.oid
             AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> t.oid),
         (SELECT string_agg(f.prosrc, ' ') FROM pg_catalog.pg_depend AS d
            JOIN proc AS f ON f.oid = d.refobjid
           WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = p.oid
             AND d.refclassid = 'pg_catalog.pg_proc'::regclass))
  FROM pg_catalog.pg_policy AS p JOIN tab AS t ON t.oid = p.polrelid
  JOIN space AS s ON s.oid = t.relnamespace"""

CHECKS: Mapping[str, str] = {
    "owner_absent": "a private table has no column with the owner",
    "owner_nullable": "the owner may be NULL",
    "owner_twice": "a row belongs to two people",
    "owner_not_in_key": "a key or exclusion has no owner in it, so one server alone cannot enforce it",
    "owner_not_in_reference": "a foreign key between private tables has no owner in it",
    "shared_refers_to_private": "a table that every server has a copy of refers to private rows",
    "trigger_across_owners": "a trigger reads or writes another table",
    "policy_across_owners": "a policy reads another table",
}
"""The checks, and what each finds."""


@dataclass(frozen=True)
class PrivateTable:
    """A table whose rows belong to people, and the columns that name a person."""

    table: str
    owners: Sequence[str]

    @property
    def owner(self) -> str | None:
        """The column by which rows can be spread; None: there is none, or more than one."""
        return self.owners[0] if len(self.owners) == 1 else None


def scale(connection: Connection, people: str, metadata: MetaData | None = None) -> list[Finding]:
    """The requirements of sharding by owner that the database does not meet; changes nothing.

    :param people: the table of the people, with its schema.
    :param metadata: the declared side, in whose schemas objects are checked; without it in every schema.
    """
    keys = Keys.read(connection)
    queries = (f"WITH {sets(metadata)}\n{query}" for query in (_NULLABLE, _UNIQUE, _TRIGGERS, _POLICIES))
    nullable, *others = (
        [(qualified(table, schema), *row) for schema, table, *row in rows]
        for rows in read(connection, *queries)
    )
    unique, triggers, policies = map(sorted, others)
    private = private_tables(keys, people)
    return [
        *_owners(keys, private, set(nullable)),
        *_keys(private, unique),
        *_references(keys, private),
        *_readers("trigger_across_owners", keys, private, triggers),
        *_readers("policy_across_owners", keys, private, policies),
    ]


def private_tables(keys: Keys, people: str) -> dict[str, PrivateTable]:
    """The tables whose rows belong to people, by name, parents first, the people before all."""
    private = {people: PrivateTable(people, keys.primary_of(people))}
    todo = [people]
    for target in todo:
        for reference in keys.belonging_to(target):
            if reference.table not in private:
                owners = [
                    column
                    for other in keys.references
                    if other.table == reference.table and other.target in private and other.sets is None
                    for column in _owner_columns(other, private[other.target])
                ]
                private[reference.table] = PrivateTable(reference.table, list(dict.fromkeys(owners)))
                todo.append(reference.table)
    return private


def _owner_columns(reference: ReflectedForeignKey, target: PrivateTable) -> list[str]:
    """The columns of a foreign key that refer to the owner of its target."""
    pairs = zip(reference.columns, reference.target_columns, strict=True)
    return [column for column, owner in pairs if owner in target.owners]


def _finding(check: str, object_: str, detail: str, mend: str) -> Finding:
    return Finding(check, "warning", object_, f"{CHECKS[check]}: {detail}", mend)


def _owners(
    keys: Keys, private: Mapping[str, PrivateTable], nullable: set[tuple[str, ...]]
) -> Iterator[Finding]:
    for table, private_table in private.items():
        words = f"table {table}"
        if not private_table.owners:
            parents = [
                reference.target
                for reference in keys.references
                if reference.table == table and not reference.sets
            ]
            where = " and ".join(dict.fromkeys(parent for parent in parents if parent in private))
            fill = f"-- add it, fill it in batches from {where}, then SET NOT NULL and put it into the keys"
            yield _finding("owner_absent", words, f"it belongs to {where}", fill)
        if len(private_table.owners) > 1:
            keep = "-- keep the table on one server, or write each row once for each of the two"
            yield _finding("owner_twice", words, ", ".join(private_table.owners), keep)
        for column in private_table.owners:
            if (table, column) in nullable:
                move = "-- move the rows without an owner to a table that every server has a copy of, then\n"
                yield _finding(
                    "owner_nullable",
                    words,
                    column,
                    f"{move}ALTER TABLE {table} ALTER {ident(column)} SET NOT NULL;",
                )


def _keys(private: Mapping[str, PrivateTable], unique: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    for table, words, type_, columns in unique:
        owner = private[table].owner if table in private else None
        if owner is None or owner in columns:
            continue
        columns_with_owner = ", ".join(map(ident, (owner, *columns)))
        added = {"p": f"PRIMARY KEY ({columns_with_owner})", "u": f"UNIQUE ({columns_with_owner})"}.get(type_)
        mend = f"-- create it again with {ident(owner)} as its first column"
        if added is not None:
            mend = f"ALTER TABLE {table} DROP {words.replace('constraint', 'CONSTRAINT', 1)}, ADD {added};"
        if type_ != "p":
            mend = (
                f"-- then unique for one owner; a table that every server has a copy of can keep it\n{mend}"
            )
        yield _finding("owner_not_in_key", f"{words} on {table}", ", ".join(columns) or "an expression", mend)


def _references(keys: Keys, private: Mapping[str, PrivateTable]) -> Iterator[Finding]:
    people = next(iter(private))
    for reference in keys.references:
        source, target = private.get(reference.table), private.get(reference.target)
        words = f"constraint {ident(reference.name)} on {reference.table}"
        detail = f"({', '.join(reference.columns)}) to {reference.target}"
        if source is None and target is not None:
            yield _finding(
                "shared_refers_to_private",
                words,
                detail,
                f"ALTER TABLE {reference.table} DROP CONSTRAINT {ident(reference.name)};",
            )
        elif source is not None and target is not None and reference.target != people:
            pairs = zip(reference.columns, reference.target_columns, strict=True)
            if (source.owner, target.owner) not in set[tuple[str | None, str | None]](pairs):
                mend = "-- add the owner to it, once both tables have the owner in a column and in a key"
                yield _finding("owner_not_in_reference", words, detail, mend)


def _readers(
    check: str, keys: Keys, private: Mapping[str, PrivateTable], objects: Sequence[tuple[Any, ...]]
) -> Iterator[Finding]:
    tables = sorted({table for table, _ in keys.types})
    for table, words, body in objects:
        others = [other for other in tables if other != table and _reads(body, other)]
        if table in private and others:
            mend = "-- compare the owner in each of its queries, or keep what it needs in the row"
            yield _finding(check, f"{words} on {table}", ", ".join(others), mend)


def _reads(body: str, table: str) -> bool:
    """True if the text names the table where SQL expects one."""
    schema, _, name = table.replace('"', "").rpartition(".")
    place = rf"\b(FROM|JOIN|UPDATE|INTO)\s+(ONLY\s+)?({re.escape(schema)}\.)?{re.escape(name)}(?![\w.])"
    return re.search(place, body.replace('"', ""), re.IGNORECASE) is not None
