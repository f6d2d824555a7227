"""Side by side: the rows of a database of another system, copied into a new database of the lineage.

The source is read in one snapshot, through the subqueries by which the page counts violations, so a value is
converted and chosen as the revision would. The target is at the head: constraints are checked row by row, and
triggers of the application do not fire. A table is copied in one transaction, which also records its name;
tables whose foreign keys form a circle share a transaction, in which these keys are deferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import psycopg

from app_schema.adoption.future import Future, Table
from app_schema.adoption.mend import fills, place
from app_schema.ddl import Key
from app_schema.ddl.sql import ident, literal, qualified
from app_schema.errors import DifferentError

if TYPE_CHECKING:
    from app_schema.adoption.look import Look
    from app_schema.migrations.progress import Progress

Connection = psycopg.Connection[tuple[Any, ...]]
COPIED = "app_schema_copied"
"""The table of the target with the names of the copied tables, until all are copied."""
_TRIGGERS = """
SELECT g.tgname FROM pg_catalog.pg_trigger AS g
 WHERE g.tgrelid = to_regclass(%s) AND NOT g.tgisinternal AND g.tgenabled = 'O'"""
_FOREIGN_KEYS = """
SELECT n.nspname, c.relname, m.nspname, t.relname, k.conname, k.condeferrable
  FROM pg_catalog.pg_constraint AS k
  JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class AS t ON t.oid = k.confrelid
  JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace
 WHERE k.contype = 'f' AND k.conparentid = 0"""
_NUMBERED = """
SELECT pg_get_serial_sequence(%(table)s, a.attname), a.attname FROM pg_catalog.pg_attribute AS a
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
   AND pg_get_serial_sequence(%(table)s, a.attname) IS NOT NULL"""
_STOPPED = "stopped; whole tables are copied. To continue, run the same command again."
_NAMES = 8
"""The most tables that a refusal names."""
_VIOLATED = "23"
"""SQLSTATE, or its beginning: a row that violates a constraint."""


@dataclass(frozen=True)
class CopiedTable:
    """A table of the source, as ``--json`` prints it; `earlier`: an interrupted run has copied it."""

    table: str
    rows: int
    earlier: bool


@dataclass(frozen=True)
class Copying:
    """Copies from the connection of a comparison into a target at the head.

    :param target: a connection in autocommit.
    """

    look: Look
    target: Connection

    @cached_property
    def source(self) -> Connection:
        driver: Any = self.look.connection.connection.driver_connection
        return cast("Connection", driver)

    @cached_property
    def future(self) -> Future:
        return Future(self.look)

    @cached_property
    def tables(self) -> list[Table]:
        """The declared tables that the source has, referred tables first."""
        reflected = self.look.sides.reflected
        return [table for table in self._declared if Key("table", table[0], None, table[1]) in reflected]

    @cached_property
    def _declared(self) -> list[Table]:
        order = self.look.sides.metadata.table_order
        return sorted(order, key=order.__getitem__)

    @cached_property
    def _bookkeeping(self) -> str:
        return qualified(COPIED, self.look.app.version_table_schema)

    def run(self, progress: Progress) -> list[CopiedTable]:
        """Copies the tables that are not copied yet.

        :raises DifferentError: if the target has other rows, or a row violates a constraint.
        """
        earlier = self._begin()
        return [table for group in self._groups() for table in self._copied(group, earlier, progress)]

    def confirm(self, present: Connection) -> None:
        """Compares the target with the source as it is now, and ends the copy.

        :param present: a connection to the source, with the settings of a run and a later snapshot.
        :raises DifferentError: if a session has changed either of them since the snapshot of the copy.
        """
        different = self._different(self.tables, present)
        if not different:
            self._do(f"DROP TABLE IF EXISTS {self._bookkeeping}")
            return
        changed = [
            table for table in self.tables if any(name.startswith(_shown(table)) for name in different)
        ]
        counts = ", ".join(self._counts(table, present) for table in changed[:_NAMES])
        more = f" and {len(changed) - _NAMES} more" if len(changed) > _NAMES else ""
        raise DifferentError(
            f"Other sessions have changed rows since the copy began, in {counts}{more}. The copy is not "
            "complete: stop the old application, then run the same command again, which empties the target "
            "and copies anew."
        )

    def _counts(self, table: Table, present: Connection) -> str:
        source = self._scalar(present, f"SELECT count(*) FROM ({self._select(table)}) AS source")
        return f"{_shown(table)} ({source:,} rows in the old database, {self._count(table):,} copied)"

    def _begin(self) -> set[str]:
        """The tables that an interrupted run has copied, whose values are equal; empties all of them if the
        source has changed since."""
        if self._scalar(self.target, f"SELECT to_regclass({literal(self._bookkeeping)})") is not None:
            names = {name for (name,) in self._do(f"SELECT name FROM {self._bookkeeping}").fetchall()}
            if self._different(table for table in self.tables if _shown(table) in names):
                every = ", ".join(qualified(name, schema) for schema, name in self._declared)
                with self.target.transaction():
                    self._do(f"TRUNCATE {every}")
                    self._do(f"DELETE FROM {self._bookkeeping}")
                return set()
            return names
        filled = [table for table in self._declared if self._has_rows(table)]
        if not filled:
            self._do(f"CREATE TABLE {self._bookkeeping} (name text PRIMARY KEY)")
            return set()
        others = [_shown(table) for table in filled if table not in self.tables]
        if different := others or self._different(self.tables):
            raise DifferentError(
                f"The target has rows in {_shown(filled[0])}, and {different[0]} differs from the source. "
                "--into needs a new database, or one in which the same command was interrupted."
            )
        return {_shown(table) for table in self.tables}

    def _has_rows(self, table: Table) -> bool:
        return bool(self._scalar(self.target, f"SELECT EXISTS (SELECT FROM {qualified(*table[::-1])})"))

    def _count(self, table: Table) -> int:
        return int(self._scalar(self.target, f"SELECT count(*) FROM {qualified(*table[::-1])}"))

    @cached_property
    def _early(self) -> list[tuple[Table, Table, str, bool]]:
        """The foreign keys to a table that is copied later: both tables, the name, and DEFERRABLE."""
        order = {table: number for number, table in enumerate(self.tables)}
        rows = self._do(_FOREIGN_KEYS).fetchall()
        keys = [((row[0], row[1]), (row[2], row[3]), row[4], row[5]) for row in rows]
        return [key for key in keys if order.get(key[0], len(order)) < order.get(key[1], 0)]

    def _groups(self) -> list[list[Table]]:
        """The tables in order, those together that are between two tables of a circle."""
        groups: list[list[Table]] = [[table] for table in self.tables]
        for table, referred, _, _ in self._early:
            first, last = (
                next(number for number, group in enumerate(groups) if end in group)
                for end in (table, referred)
            )
            groups[first : last + 1] = [[each for group in groups[first : last + 1] for each in group]]
        return groups

    def _copied(self, group: list[Table], earlier: set[str], progress: Progress) -> Iterator[CopiedTable]:
        missing = [table for table in group if _shown(table) not in earlier]
        rows = {table: self._count(table) for table in group if table not in missing}
        if missing:
            try:
                rows |= self._copy(missing)
            except psycopg.Error as error:
                if not (error.sqlstate or "").startswith(_VIOLATED):
                    raise
                shown = ".".join(filter(None, (error.diag.schema_name, error.diag.table_name)))
                message = f"{error.diag.message_primary}. {error.diag.message_detail}"
                raise DifferentError(f"{shown} cannot be copied: {message}") from error
        for table in group:
            shown = _shown(table)
            progress.copied(shown, rows[table])
            yield CopiedTable(shown, rows[table], shown in earlier)

    def _copy(self, group: list[Table]) -> dict[Table, int]:
        """The number of rows of each table, copied in one transaction.

        Triggers of the application would change or count the rows again.
        """
        with self.target.transaction(), self._closed_by_ctrl_c():
            triggers = [
                (table, f"TRIGGER {ident(name)}")
                for table in group
                for (name,) in self._do(_TRIGGERS, [qualified(*table[::-1])]).fetchall()
            ]
            keys = [
                (table, f"ALTER CONSTRAINT {ident(name)}")
                for table, _, name, deferrable in self._early
                if table in group and not deferrable
            ]
            for table, trigger in triggers:
                self._alter(table, f"DISABLE {trigger}")
            for table, key in keys:
                self._alter(table, f"{key} DEFERRABLE")
            self._do("SET CONSTRAINTS ALL DEFERRED")
            rows = {table: self._copy_table(table) for table in group}
            self._do("SET CONSTRAINTS ALL IMMEDIATE")  # ALTER TABLE refuses while checks are pending
            for table, key in keys:
                self._alter(table, f"{key} NOT DEFERRABLE")
            for table, trigger in triggers:
                self._alter(table, f"ENABLE {trigger}")
        return rows

    @contextmanager
    def _closed_by_ctrl_c(self) -> Iterator[None]:
        """A COPY may be half read then: ROLLBACK would fail, and the end of the connection rolls back too."""
        try:
            yield
        except KeyboardInterrupt as interrupt:
            self.source.close()
            self.target.close()
            interrupt.add_note(_STOPPED)
            raise

    def _alter(self, table: Table, action: str) -> None:
        self._do(f"ALTER TABLE {qualified(*table[::-1])} {action}")

    def _copy_table(self, table: Table) -> int:
        name = qualified(*table[::-1])
        columns = ", ".join(map(ident, self._columns(table)))
        recorded = f"INSERT INTO {self._bookkeeping} VALUES (%s) ON CONFLICT DO NOTHING"
        if not self._do(recorded, [_shown(table)]).rowcount:  # the same command runs twice
            return self._count(table)
        with self.source.cursor() as reader, self.target.cursor() as writer:
            with (
                reader.copy(f"COPY ({self._select(table)}) TO STDOUT".encode()) as rows,
                writer.copy(f"COPY {name} ({columns}) FROM STDIN".encode()) as copy,
            ):
                for data in rows:
                    copy.write(data)
            count = writer.rowcount
        for sequence, column in self._do(_NUMBERED, {"table": name}).fetchall():
            self._do(f"SELECT setval({literal(sequence)}, max({ident(column)})) FROM {name}")
        return count

    def _columns(self, table: Table) -> list[str]:
        """The columns with a value in the source or a choice; others get their default."""
        filled = {fill.column for fill in fills(self.look) if place(fill.table) == table}
        return [
            column.name
            for column in self.look.sides.metadata.tables[table].columns
            if column.computed is None
            and (Key("column", *table, column.name) in self.look.sides.reflected or column.name in filled)
        ]

    def _select(self, table: Table) -> str:
        columns = self._columns(table)
        values = ", ".join(f"{self.future.value(table, name)} AS {ident(name)}" for name in columns)
        return f"SELECT {values} FROM {self.future.rows(table, columns)}"

    def _different(self, tables: Iterable[Table], source: Connection | None = None) -> list[str]:
        """The columns whose number of values or sum of hashes differs."""
        of = source or self.source
        return [name for table in tables for name in self._different_columns(table, of)]

    def _different_columns(self, table: Table, of: Connection) -> Iterator[str]:
        columns = self._columns(table)
        sums = ", ".join(
            f'count({name}), sum(hashtextextended({name}::text COLLATE "C", 0))'
            for name in map(ident, columns)
        )
        sides = (
            (of, f"({self._select(table)}) AS source"),
            (self.target, qualified(*table[::-1])),
        )
        source, target = (
            side.execute(f"SELECT {sums}, count(*) FROM {rows}".encode()).fetchone() or ()
            for side, rows in sides
        )
        if source[-1] != target[-1]:
            yield _shown(table)
        for number, name in enumerate(columns):
            if source[2 * number : 2 * number + 2] != target[2 * number : 2 * number + 2]:
                yield f"{_shown(table)}.{name}"

    def _do(self, statement: str, parameters: Any = None) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.target.execute(statement.encode(), parameters)

    def _scalar(self, connection: Connection, query: str) -> Any:
        return (connection.execute(query.encode()).fetchone() or (None,))[0]


def _shown(table: Table) -> str:
    return ".".join(table)
