"""Losses of revisions: rows, values, values that a new type cannot represent, and protection.

A loss cannot be restored by the downgrade: a conversion loses if `value::new::old IS DISTINCT FROM value`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa

from app_schema.application import Application
from app_schema.catalog.cast import lost
from app_schema.ddl.column import NOT_NULL
from app_schema.ddl.sql import ident, qualified
from app_schema.errors import ServerError
from app_schema.migrations.dry_run import Recorded
from app_schema.migrations.operation import DROPS_ROWS, HELD, UNKNOWN, Operation, Place, Protects
from app_schema.pinned import PRINTED

_IDENTITY = sa.text("""
SELECT d.oid::bigint, d.datname, pg_catalog.to_regclass(:version_table)::oid::bigint,
       (SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() AS s)
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
""")
_SCHEMA = sa.text("""
SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class AS c
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE c.oid = pg_catalog.to_regclass(:name)), current_schema(), 'public')
""")
_TABLE = sa.text("SELECT pg_catalog.to_regclass(:table) IS NOT NULL")
_REACHED = sa.text("SELECT pg_catalog.pg_sequence_last_value(pg_catalog.to_regclass(:sequence))")
"""NULL: the sequence is absent or has given no number."""
# PostgreSQL computes the values of a generated column from other columns, so they are no loss.
_COLUMN = sa.text("""
SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(:table) AND a.attname = :column AND NOT a.attisdropped
  AND a.attgenerated = ''
""")
# A NOT NULL that is NOT VALID protects new rows, so its drop loses a protection.
_PROTECTS = sa.text(f"""
SELECT CASE CAST(:kind AS text)
  WHEN 'policy' THEN EXISTS (
    SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = :name)
  WHEN 'trigger' THEN EXISTS (
    SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid AND g.tgname = :name)
  WHEN 'constraint' THEN EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.conname = :name)
  WHEN 'rule' THEN EXISTS (
    SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename = :name)
  WHEN 'grant' THEN EXISTS (
    SELECT FROM pg_catalog.aclexplode(c.relacl) AS x WHERE x.grantee = g.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a, pg_catalog.aclexplode(a.attacl) AS x
                WHERE a.attrelid = c.oid AND x.grantee = g.oid)
  WHEN 'not_null' THEN EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attname = :name AND {NOT_NULL} <> '' AND NOT a.attisdropped)
  WHEN 'row_security' THEN c.relrowsecurity
  ELSE true END
FROM pg_catalog.pg_class AS c
LEFT JOIN (SELECT r.oid, r.rolname FROM pg_catalog.pg_roles AS r UNION ALL SELECT 0, 'PUBLIC') AS g
  ON g.rolname = :name
WHERE c.oid = pg_catalog.to_regclass(:table)
""")
_INDEXED = sa.text("""
SELECT n.nspname, c.relname FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE i.indexrelid = pg_catalog.to_regclass(:index) AND i.indisunique
""")
"""The table of a unique index."""
_RELATIONS = {"table", "index", "sequence", "view", "materialized_view"}
"""The kinds that share their names in a schema."""
_FILTERED = "42501"
"""SQLSTATE: row security would hide rows (with row_security = off), or there is no privilege to read them."""
_NO_OPERATOR = "42883"
_UNFIT = ("22", "23", "42846")
"""SQLSTATE, or its beginning: a value that the new type cannot represent, or no cast."""


@dataclass(frozen=True)
class Loss:
    """A table that would be dropped, or a column of one that would be dropped or converted.

    `rows` is the number of rows with a lost value; None if only the run can count them.
    """

    revision: str
    table: str
    column: str | None
    how: str
    rows: int | None

    @property
    def words(self) -> str:
        """The loss in words."""
        count = "an unknown number of" if self.rows is None else f"{self.rows:,}"
        subject = f"values of {self.table}.{self.column}" if self.column else f"rows of {self.table}"
        return f"{count} {subject} ({self.how})"


@dataclass(frozen=True)
class Protection:
    """An object that protects the rows of a kept table, and that would be dropped or replaced.

    `opens`: a policy or grant that gives access to the rows, and that would be created.
    """

    revision: str
    table: str
    name: str
    opens: bool = False


@dataclass(frozen=True)
class Losses:
    """The losses of some revisions. `by_hand` are handwritten statements, whose losses are unknown.

    `untold` are revisions that query the database; their losses after the query are unknown.
    """

    rows: list[Loss] = field(default_factory=list)
    protections: list[Protection] = field(default_factory=list)
    by_hand: int = 0
    untold: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """True if a loss is known or possible."""
        unknown = self.by_hand > 0 or bool(self.untold)
        return unknown or bool(self.protections) or any(loss.rows != 0 for loss in self.rows)


class _PresentNames:
    """The present names of tables and their parts that an earlier operation of the same run renames."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._schemas: dict[str, str] = {}
        self._tables: dict[Place, Place] = {}
        self._parts: dict[tuple[str, Place | None, str], str] = {}
        self.changed: set[tuple[Place, str]] = set()
        """Columns whose values an earlier operation has changed."""

    def table(self, place: Place) -> Place:
        """With the schema in which PostgreSQL finds it."""
        schema, name = place
        resolved = (schema or self._schema(name), name)
        return self._tables.get(resolved, resolved)

    def part(self, kind: str, table: Place | None, name: str) -> str:
        """A column, constraint, policy, ... of the table."""
        return self._parts.get((kind, table, name), name)

    def follow(self, operation: Operation) -> None:
        change = operation.renamed
        if change is None:
            return
        if change.kind in _RELATIONS:
            former = self.table((change.schema, change.old))
            self._tables[former[0], change.new] = former
            self._schemas[change.new] = former[0] or ""
            return
        table = None if change.table is None else self.table((change.schema, change.table))
        self._parts[change.kind, table, change.new] = self.part(change.kind, table, change.old)

    def _schema(self, name: str) -> str:
        if name not in self._schemas:
            self._schemas[name] = self._connection.scalar(_SCHEMA, {"name": ident(name)})
        return self._schemas[name]


SETTINGS: Mapping[str, str] = {**PRINTED, "row_security": "off"}
"""The settings for counting and converting rows: those of a run."""


@contextmanager
def reading(connection: sa.Connection, app: Application) -> Iterator[None]:
    """A transaction that is rolled back, in which row security raises instead of hiding rows.

    The settings are those of a run: TimeZone and others decide conversions, search_path decides which table
    a name means.
    """
    driver: Any = connection.connection.driver_connection
    begun = connection.in_transaction()
    settings = {**SETTINGS, **({"search_path": app.search_path} if app.search_path else {})}
    with driver.transaction(force_rollback=True):
        for name, value in settings.items():
            driver.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
        yield
    if not begun:
        connection.rollback()


def losses(connection: sa.Connection, recorded: Iterable[Recorded]) -> Losses:
    """Counts what these revisions would lose, in a block of :func:`reading`.

    :raises ServerError: if the role may not see all rows.
    """
    names = _PresentNames(connection)
    rows: list[Loss] = []
    protections: list[tuple[Place, Protection]] = []
    dropped: set[Place] = set()
    by_hand, untold = 0, []
    for step in recorded:
        untold += [step.revision] if step.queries else []
        for operation in step.operations:
            by_hand += operation.lock == UNKNOWN
            place = names.table(operation.table) if operation.table is not None else None
            if place is not None:
                dropped |= {place} if operation.name in DROPS_ROWS else set()
                loss, unclear = _loss(connection, step.revision, operation, place, names)
                by_hand += unclear
                rows += [loss] if loss is not None else []
            if operation.protects is not None:
                of = _protected(connection, operation.protects, place, names)
                protections += [(of, _protection(step.revision, of, operation.protects))] if of else []
            names.follow(operation)
    kept = [protection for place, protection in protections if place not in dropped]
    return Losses(rows, kept, by_hand, untold)


def token(connection: sa.Connection, app: Application, revisions: list[str], lost: Losses) -> str:
    """A token of this database, these revisions and these counts."""
    return fingerprint(connection, app, revisions, asdict(lost))


def fingerprint(connection: sa.Connection, app: Application, *bound: object) -> str:
    """A token of this database and these values."""
    identity = connection.execute(_IDENTITY, {"version_table": app.qualified_version_table}).one()
    return hashlib.sha256(json.dumps([list(identity), *bound]).encode()).hexdigest()[:12]


def _loss(
    connection: sa.Connection, revision: str, operation: Operation, place: Place, names: _PresentNames
) -> tuple[Loss | None, bool]:
    """The loss of an operation, and True if the loss is unknown."""
    table = qualified(place[1], place[0])
    if operation.name in HELD:
        return _whole(connection, revision, operation.name, table), False
    if operation.column is None or not (operation.name == "drop_column" or operation.retyped):
        return None, False
    column = names.part("column", place, operation.column)
    type_ = connection.scalar(_COLUMN, {"table": table, "column": column})
    if type_ is None:
        return None, False
    if operation.retyped is None:
        return Loss(revision, table, column, "dropped", _count(connection, table, column)), False
    rows = None
    if (place, column) not in names.changed and (column == operation.column or not operation.retyped.using):
        names.changed.add((place, column))
        query = lost(connection, table, column, type_, operation.retyped.type_, operation.retyped.using)
        if query is None:
            return None, True
        rows = _counted(connection, table, query)
    how = f"{type_} to {operation.retyped.type_}"
    return None if rows == 0 else Loss(revision, table, column, how, rows), False


def _whole(connection: sa.Connection, revision: str, name: str, table: str) -> Loss | None:
    """A dropped table, or a dropped sequence, which would start again and return its numbers twice."""
    if name == "drop_sequence":
        reached = connection.scalar(_REACHED, {"sequence": table})
        return None if reached is None else Loss(revision, table, None, f"the sequence, at {reached}", 1)
    exists = connection.scalar(_TABLE, {"table": table})
    return Loss(revision, table, None, "dropped", _count(connection, table)) if exists else None


def _protected(
    connection: sa.Connection, protects: Protects, place: Place | None, names: _PresentNames
) -> Place | None:
    """The table that loses a protection; None if the protection or the table does not exist."""
    kind = protects.kind
    if kind == "index":
        index = names.table((protects.schema, protects.name))
        row = connection.execute(_INDEXED, {"index": qualified(index[1], index[0])}).one_or_none()
        return None if row is None else (row[0], row[1])
    if place is None:
        return None
    name = names.part("column" if kind == "not_null" else kind, place, protects.name)
    named = {"kind": kind, "name": name, "table": qualified(place[1], place[0])}
    exists = connection.scalar(_PROTECTS, named)
    return place if exists is not None and exists != protects.opens else None


def _protection(revision: str, table: Place, protects: Protects) -> Protection:
    return Protection(revision, qualified(table[1], table[0]), protects.label, protects.opens)


def _count(connection: sa.Connection, table: str, column: str | None = None) -> int:
    counted = "*" if column is None else ident(column)
    return _counted(connection, table, f"SELECT count({counted}) FROM {table}")


def _counted(connection: sa.Connection, table: str, query: str) -> int:
    """The result of a count; 0 if a row cannot be converted: the revision fails, without a loss."""
    driver: Any = connection.connection.driver_connection
    try:
        with driver.transaction():
            return int(driver.execute(query.encode()).fetchone()[0])
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state == _NO_OPERATOR and "IS DISTINCT FROM old" in query:  # json, xml, point: no equality
            by_text = query.replace(") IS DISTINCT FROM old", ")::text IS DISTINCT FROM old::text")
            return _counted(connection, table, by_text)
        if state.startswith(_UNFIT):
            return 0
        if state == _FILTERED:
            reason = error.diag.message_primary or "permission denied"
            raise ServerError(
                f"The rows of {table} cannot be counted: {reason}. Row security would hide rows from "
                f"{driver.info.user}: use a role with BYPASSRLS, or first run "
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY as the owner."
            ) from error
        raise
