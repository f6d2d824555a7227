"""Runs revisions: one migrator at a time, each revision a transaction with its stamp."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from alembic.runtime.migration import HeadMaintainer, RevisionStep, StampStep
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from app_schema.ddl import Guarded
from app_schema.ddl.sql import literal, plain
from app_schema.errors import AppSchemaError
from app_schema.migrations.failure import explained
from app_schema.migrations.impl import GuardedImpl
from app_schema.migrations.lock import Lock
from app_schema.migrations.pipeline import Pipeline
from app_schema.migrations.session import Facts, Session

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from app_schema.migrations.options import Options

log = logging.getLogger("alembic.runtime.migration")
NAME_BYTES = 63


class Runner:
    """Does what ``MigrationContext.run_migrations`` does, for one context with a connection."""

    def __init__(self, context: MigrationContext, session: Session, options: Options) -> None:
        assert isinstance(context.impl, GuardedImpl)
        self.context = context
        self.impl = context.impl
        self.session = session
        self.options = options
        self.lock = Lock(session)
        self.landed: list[RevisionStep | StampStep] = []
        """The steps whose transactions the server has committed."""

    @property
    def revisions(self) -> list[str]:
        """The names of the revisions that landed."""
        return [one.revision.revision for one in self.landed if isinstance(one, RevisionStep)]

    def run(self, facts: Facts) -> None:
        """Runs what Alembic's command asks for.

        Without a pending revision there is no lock and no other statement.

        :param facts: the session's, as just found.
        :raises AppSchemaError: one sentence for whatever went wrong.
        """
        self.impl.start_migrations()
        if not self._steps(facts) and not self.context.purge:
            return
        milliseconds = literal(f"{self.options.lock_timeout * 1000:.0f}ms")
        timeout = f"SELECT set_config('lock_timeout', {milliseconds}, false)"
        before = facts.before
        facts = self.lock.acquire(self.options.lock_wait, timeout)
        try:
            with self._pipeline():
                self._pass(self._steps(facts), facts)
                self._finish(before)
        finally:
            if self.lock.taken and not self.session.connection.invalidated:
                with suppress(psycopg.Error, DBAPIError):
                    self.session.ask(self.session.restore(before), self.lock.release())

    def _steps(self, facts: Facts) -> list[RevisionStep | StampStep]:
        heads = () if self.context.purge else facts.heads
        function = self.context._migrations_fn  # noqa: SLF001 - Alembic's own loop asks it as well
        assert function is not None
        return list(function(heads, self.context))

    def _pass(self, steps: list[RevisionStep | StampStep], facts: Facts) -> None:
        heads = () if self.context.purge else facts.heads
        stamped = set(facts.heads) if facts.versioned else None
        maintainer = HeadMaintainer(self.context, heads)
        for step in steps:
            with self.context.begin_transaction(_per_migration=True):
                self._enter(step)
                self._send(self.lock.fence(_application(step), stamped))
                if stamped is None:
                    table = CreateTable(self.context._version, if_not_exists=True)  # noqa: SLF001 - as Alembic does
                    self._send(plain(table))
                if self.context.purge and stamped:
                    self._send(f"DELETE FROM {self.session.version_table}")
                log.info("Running %s", step)
                step.migration_fn()
                maintainer.update_to_step(step)
                stamped = set(maintainer.heads)
                for callback in self.context.on_version_apply_callbacks:
                    callback(ctx=self.context, step=step.info, heads=set(stamped), run_args={})
                self._leave(step)
            if self.impl.pipeline is None or self.impl.pipeline.done is not None:
                self._has_landed(step)

    def _enter(self, step: RevisionStep | StampStep) -> None:
        if self.impl.pipeline is not None:
            self.impl.pipeline.path = step.revision.path if isinstance(step, RevisionStep) else None
            self.impl.pipeline.unguarded = False

    def _leave(self, step: RevisionStep | StampStep) -> None:
        if self.impl.pipeline is not None:
            self.impl.pipeline.done = lambda: self._has_landed(step)

    def _has_landed(self, step: RevisionStep | StampStep) -> None:
        if self.impl.pipeline is not None:
            self.impl.pipeline.done = None
        self.landed.append(step)

    def _send(self, sql: str) -> None:
        self.impl._exec(Guarded(sql))  # noqa: SLF001 - Alembic has no public name for it

    def _finish(self, before: Mapping[str, str]) -> None:
        last = [self.session.restore(before), self.lock.release()]
        if self.impl.pipeline is None:
            self.session.ask(*last)
            return
        for sql in last:
            self.impl.pipeline.add(sql, outside=True)
        try:
            self.impl.pipeline.flush()
        except BaseException:
            self.lock.taken = True
            raise

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        """Statements are kept back where the driver is psycopg's own."""
        driver = self.session.driver
        if driver is None:
            yield
            return
        pipeline = self.impl.pipeline = Pipeline(self.session.connection, driver)
        pipeline.attach()
        try:
            yield
        finally:
            pipeline.detach()
            self.impl.pipeline = None


def _application(step: RevisionStep | StampStep) -> str:
    """``app_schema: 0004_core_indexes``, as pg_stat_activity shows it: 63 bytes of it."""
    name = step.revision.revision if isinstance(step, RevisionStep) else "stamp"
    return f"app_schema: {name}".encode()[:NAME_BYTES].decode(errors="ignore")


def sentence(error: BaseException) -> AppSchemaError | None:
    """The error as one of ours, where it is one or a server's."""
    if isinstance(error, DBAPIError | psycopg.Error):
        return explained(error)
    return error if isinstance(error, AppSchemaError) else None
