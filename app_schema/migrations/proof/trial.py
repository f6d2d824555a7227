"""A trial: a revision up twice and down twice on a copy, either in a transaction or in autocommit."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory

from app_schema.catalog import Snapshot, diff, snapshot
from app_schema.catalog.spelling import Spelling
from app_schema.ddl.sql import ident, literal
from app_schema.migrations.compare.comparator import Comparison
from app_schema.migrations.compare.former import REST
from app_schema.migrations.directives import UndeclaredOp, UnwritableOp
from app_schema.migrations.failure import explained
from app_schema.migrations.loading import load
from app_schema.migrations.once import TABLE as ONCE_TABLE
from app_schema.migrations.progress import silence
from app_schema.migrations.stamping import create_place, version_table

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import RevisionStep


_VALUES = re.compile(r': ".*', re.DOTALL)
_SHOWN = 5
_CHECKSUM = """\
SELECT {name}, md5(coalesce(string_agg(r.row, ',' ORDER BY r.row COLLATE "C"), ''))
  FROM (SELECT to_jsonb(t)::text FROM ONLY {table} AS t) AS r(row)"""


class RefusedError(Exception):
    """The failure of a trial, in a sentence without values of rows.

    :param sqlstate: PostgreSQL's, if PostgreSQL refused a statement.
    """

    def __init__(self, sentence: str, sqlstate: str | None = None) -> None:
        super().__init__(sentence)
        self.sqlstate = sqlstate


@dataclass(frozen=True)
class Origin:
    """The options of a run, from env.py and ``-x``, and the metadata."""

    config: Config
    opts: dict[str, Any]
    """The options of the run that generated the revision."""
    migrate: Callable[[EnvironmentContext, sa.Connection], None]
    """Runs the steps of Alembic's environment on a connection."""

    def environment(self, scripts: ScriptDirectory, step: RevisionStep, x: list[str]) -> EnvironmentContext:
        """The environment of Alembic that runs one step."""
        config = copy.copy(self.config)
        config.attributes = {"configure_logger": False, "moved": []}  # as of an application: Ctrl-C is raised
        config.cmd_opts = SimpleNamespace(x=x)  # type: ignore[assignment]  # an argparse namespace
        to = step.revision.revision
        return EnvironmentContext(config, scripts, fn=lambda *_: [step], destination_rev=to)


@dataclass(frozen=True)
class Trial:
    """A revision of a lineage, on an engine of a copy that is at the parent revision.

    :param heads: the heads of the copy.
    :param tables: the tables whose rows the downgrade must restore, by their names in SQL; none if the
        revision announces losses.
    :param unresolved: the differences that the revision does not resolve, in its words.
    """

    run: Origin
    engine: sa.Engine
    revision: str
    heads: tuple[str, ...]
    tables: tuple[str, ...]
    unresolved: frozenset[str] = frozenset()

    def prove(self, start: Snapshot) -> None:
        """Up, up again, down, down again: in a transaction, then in autocommit.

        One comparison a direction: in a transaction after the first run, in autocommit after the second.

        :param start: the snapshot of the copy.
        :raises RefusedError: if a statement fails, or a comparison finds a difference.
        """
        rows = self._checksums()
        self._step("upgrade")
        end = self._state()
        if REST not in self.unresolved:
            self._assert_declared()
        self._step("upgrade", again=True)
        self._step("downgrade")
        self._assert_same(start, "the downgrade does not restore")
        self._step("downgrade", again=True)
        for again in (False, True):
            self._step("upgrade", again=again, autocommit=True)
        self._assert_same(end, "the second upgrade changes")
        for again in (False, True):
            self._step("downgrade", again=again, autocommit=True)
        self._assert_same(start, "the second downgrade changes")
        changed = [table for table, checksum in self._checksums().items() if rows[table] != checksum]
        if changed:
            raise RefusedError(f"the downgrade does not restore the rows of {listed(changed)}")

    def _step(self, verb: str, *, again: bool = False, autocommit: bool = False) -> None:
        self.stamp(*([] if verb == "upgrade" else self._above))
        to = MigrationStep.upgrade_from_script if verb == "upgrade" else MigrationStep.downgrade_from_script
        step = to(self.scripts.revision_map, self.scripts.get_revision(self.revision))
        context = self.run.environment(self.scripts, step, [f"autocommit={str(autocommit).lower()}"])
        with silence(), context, self.engine.connect() as connection:
            try:
                self.run.migrate(context, connection)
            except Exception as error:
                message, state = explained_shortly(error)
                mode = " in autocommit" if autocommit else ""
                words = f"the {'second ' if again else ''}{verb} fails"
                raise RefusedError(f"{words}{mode}: {message}", state) from error

    @cached_property
    def scripts(self) -> ScriptDirectory:
        """The revision files, with the new file."""
        scripts = ScriptDirectory.from_config(self.run.config)
        load(scripts)
        return scripts

    @property
    def _above(self) -> list[str]:
        """The heads of the copy after the upgrade."""
        down = self.scripts.get_revision(self.revision).down_revision or ()
        below = {down} if isinstance(down, str) else set(down)
        return [self.revision, *(head for head in self.heads if head not in below)]

    def stamp(self, *heads: str) -> None:
        """Stamps the copy, so that the same step runs again."""
        schema, table = self.run.opts.get("version_table_schema"), self._ignored[0]
        name = ".".join(ident(part) for part in (schema, table) if part)
        place = create_place(schema)
        with self.engine.begin() as connection:
            if place is not None:
                connection.execute(place)
            connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {name} (version_num text PRIMARY KEY)")
            connection.exec_driver_sql(f"DELETE FROM {name}")
            for head in heads or self.heads:
                connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({literal(head)})")

    @property
    def _ignored(self) -> tuple[str, str]:
        """The tables of the migrations."""
        return version_table(self.run.opts), ONCE_TABLE

    def _state(self) -> Snapshot:
        with self.engine.connect() as connection:
            return snapshot(connection, ignore=self._ignored)

    def _assert_same(self, before: Snapshot, words: str) -> None:
        with self.engine.connect() as connection:
            after = snapshot(connection, ignore=self._ignored)
            differences = Spelling(connection).in_more_than_spelling(diff(before, after))
        if differences:
            raise RefusedError(f"{words} {listed([difference.key.label for difference in differences])}")

    def _assert_declared(self) -> None:
        metadata = self.run.opts["target_metadata"]
        with self.engine.connect() as connection:
            opts = {**self.run.opts, "proved": False}
            context = AutogenContext(MigrationContext.configure(connection, opts=opts), metadata)
            plan = Comparison(context).plan()
        operations = [
            operation
            for operation in plan.operations()
            if not isinstance(operation, UndeclaredOp)
            and not (isinstance(operation, UnwritableOp) and operation.reason in self.unresolved)
        ]
        if operations:
            words = [" ".join(map(str, operation.to_diff_tuple()[:3])) for operation in operations]
            raise RefusedError(
                f"the database differs from the declaration after the upgrade: {listed(words)}"
            )

    def _checksums(self) -> dict[str, str]:
        """Of the rows of each table, in one query."""
        if not self.tables:
            return {}
        queries = (_CHECKSUM.format(name=literal(table), table=table) for table in self.tables)
        query = " UNION ALL ".join(queries)
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
            return {str(table): str(checksum) for table, checksum in rows}


def explained_shortly(error: Exception) -> tuple[str, str | None]:
    """The error in one line, and its SQLSTATE.

    Left out, because they contain values of rows: PostgreSQL's details, and the messages of class 22.
    """
    if isinstance(error, (psycopg.Error, sa.exc.DBAPIError)):
        error = explained(error)
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    message = str(error).partition("\n")[0].rstrip(".")
    return (_VALUES.sub("", message) if (state or "").startswith("22") else message), state


def listed(words: list[str]) -> str:
    """Some of the words, and the number of the others."""
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
