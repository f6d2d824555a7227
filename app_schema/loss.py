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
from app_schema.migrations.operation import UNKNOWN, Operation, Place
from app_schema.pinned import PRINTED

_IDENTITY = sa.text("""
SELECT d.oid::bigint, d.datname, pg_catalog.to_regclass(:version_table)::oid::bigint,
       (SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() AS s)
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
""")
_TABLE = sa.text("SELECT pg_catalog.to_regclass(:table) IS NOT NULL")
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
  WHEN 'index' THEN EXISTS (
    SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND x.relname = :name AND i.indisunique)
  WHEN 'not_null' THEN EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attname = :name AND {NOT_NULL} <> '' AND NOT a.attisdropped)
  WHEN 'row_security' THEN c.relrowsecurity
  ELSE true END
FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass(:table)
""")
_FILTERED = "42501"
"""SQLSTATE: row security would hide rows (with row_security = off), or there is no privilege to read them."""
_NO_OPERATOR = "42883"
_UNFIT = ("22", "23", "42846")
"""SQLSTATE, or its beginning: a value that the new type cannot represent, or no cast."""


@dataclass(frozen=True)
class Loss:
    """A table that would be dropped, or a column of one that would be dropped or converted.

    `rows` is the number of rows with a lost value; None if only the run can tell.
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
        what = f"values of {self.table}.{self.column}" if self.column else f"rows of {self.table}"
        return f"{count} {what} ({self.how})"


@dataclass(frozen=True)
class Protection:
    """An object that protects the rows of a kept table, and that would be dropped or replaced."""

    revision: str
    table: str
    name: str


@dataclass(frozen=True)
class Losses:
    """The losses of some revisions. `by_hand` are handwritten statements, whose losses are unknown."""

    rows: list[Loss] = field(default_factory=list)
    protections: list[Protection] = field(default_factory=list)
    by_hand: int = 0

    def __bool__(self) -> bool:
        """True if a loss is known or possible."""
        return self.by_hand > 0 or bool(self.protections) or any(loss.rows != 0 for loss in self.rows)


@dataclass
class _Names:
    """The present names of tables and columns that an earlier operation of the same run renames."""

    tables: dict[Place, Place] = field(default_factory=dict)
    columns: dict[tuple[Place, str], str] = field(default_factory=dict)
    changed: set[tuple[Place, str]] = field(default_factory=set)
    """Columns whose values an earlier operation has changed."""

    def table(self, place: Place) -> Place:
        return self.tables.get(place, place)

    def column(self, place: Place, name: str) -> str:
        return self.columns.get((place, name), name)

    def follow(self, operation: Operation) -> None:
        if operation.table is None or operation.renamed is None:
            return
        now = self.table(operation.table)
        if operation.column is None:
            self.tables[operation.table[0], operation.renamed] = now
        else:
            self.columns[now, operation.renamed] = self.column(now, operation.column)


SETTINGS: Mapping[str, str] = {**PRINTED, "row_security": "off"}
"""The settings for counting and converting rows: those of a run."""


@contextmanager
def reading(connection: sa.Connection) -> Iterator[None]:
    """A transaction that is rolled back, in which row security raises instead of hiding rows.

    The settings are those of a run, because conversions of values depend on settings such as TimeZone.
    """
    driver: Any = connection.connection.driver_connection
    begun = connection.in_transaction()
    with driver.transaction(force_rollback=True):
        for name, value in SETTINGS.items():
            driver.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
        yield
    if not begun:
        connection.rollback()


def losses(connection: sa.Connection, recorded: Iterable[Recorded]) -> Losses:
    """Counts what these revisions would lose, in a block of :func:`reading`.

    :raises ServerError: if the role may not see all rows.
    """
    lost, names = Losses(), _Names()
    recorded = list(recorded)
    operations = [operation for each in recorded for operation in each.operations]
    dropped = {operation.table for operation in operations if operation.name == "drop_table"}
    by_hand = 0
    for each in recorded:
        for operation in each.operations:
            by_hand += operation.lock == UNKNOWN
            if operation.table is not None:
                place = names.table(operation.table)
                loss, unclear = _loss(connection, each.revision, operation, place, names)
                by_hand += unclear
                lost.rows.extend([loss] if loss is not None else [])
                if operation.table not in dropped and _protects(connection, operation, place):
                    assert operation.protects is not None
                    table = qualified(place[1], place[0])
                    lost.protections.append(Protection(each.revision, table, operation.protects.label))
            names.follow(operation)
    return Losses(lost.rows, lost.protections, by_hand)


def token(connection: sa.Connection, app: Application, revisions: list[str], lost: Losses) -> str:
    """A token of this database, these revisions and these counts."""
    return fingerprint(connection, app, revisions, asdict(lost))


def fingerprint(connection: sa.Connection, app: Application, *bound: object) -> str:
    """A token of this database and these values."""
    identity = connection.execute(_IDENTITY, {"version_table": app.qualified_version_table}).one()
    return hashlib.sha256(json.dumps([list(identity), *bound]).encode()).hexdigest()[:12]


def _loss(
    connection: sa.Connection, revision: str, operation: Operation, place: Place, names: _Names
) -> tuple[Loss | None, bool]:
    """The loss of an operation, and True if the loss is unknown."""
    table = qualified(place[1], place[0])
    if operation.name == "drop_table" and connection.scalar(_TABLE, {"table": table}):
        return Loss(revision, table, None, "dropped", _count(connection, table)), False
    if operation.column is None or not (operation.name == "drop_column" or operation.retyped):
        return None, False
    column = names.column(place, operation.column)
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


def _protects(connection: sa.Connection, operation: Operation, place: Place) -> bool:
    """True if the object that an operation drops exists, on an existing table."""
    if operation.protects is None:
        return False
    table = qualified(place[1], place[0])
    named = {"kind": operation.protects.kind, "name": operation.protects.name, "table": table}
    return bool(connection.scalar(_PROTECTS, named))


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
