"""Runs revisions: one migrator at a time, each revision a transaction with its stamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from alembic.runtime.migration import HeadMaintainer, RevisionStep, StampStep
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from app_schema import upstream
from app_schema.ddl import Guarded, privileges
from app_schema.ddl.guard import NOTED
from app_schema.ddl.sql import plain
from app_schema.errors import AppSchemaError, DifferentError, StatementError
from app_schema.migrations import preflight
from app_schema.migrations.failure import explained
from app_schema.migrations.foresight import Ahead, Foresight
from app_schema.migrations.impl import GuardedImpl, collecting
from app_schema.migrations.lock import Lock
from app_schema.migrations.pipeline import Pipeline
from app_schema.migrations.progress import Progress, progress, say
from app_schema.migrations.retry import Retries
from app_schema.migrations.session import Facts, MigrationSession

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from app_schema.migrations.options import Options

Step: TypeAlias = RevisionStep | StampStep
Review: TypeAlias = Callable[[Connection, frozenset[str], list[RevisionStep]], bool]
"""Looks at the heads and at the steps that will run, under the lock; False: none of them runs."""

NAME_BYTES = 63
FRAME = 2
"""Statements that a revision does not write itself: the fence and the stamp."""


class Runner:
    """Does what ``MigrationContext.run_migrations`` does, for one context with a connection."""

    def __init__(
        self,
        context: MigrationContext,
        session: MigrationSession,
        options: Options,
        review: Review | None = None,
        run_args: Mapping[str, Any] | None = None,
    ) -> None:
        assert isinstance(context.impl, GuardedImpl)
        self.context = context
        self.impl = context.impl
        self.session = session
        self.options = options
        self.review = review
        self.run_args = dict(run_args or {})
        self.lock = Lock(session)
        self.landed: list[Step] = []
        """The steps whose transactions the server has committed."""
        self.heads: set[str] | None = None
        """What is stamped after these; None: there is no version table."""
        self._waiting: Callable[[], None] | None = None
        self.narrow = False
        """The version table has no room for long names."""
        self.progress = Progress(0)
        self.retries = Retries(session, options)
        self.ahead: Ahead | None = None
        self.refused: set[str] = set()
        """The revisions that found something otherwise, and began again with a look at the later ones."""

    @property
    def revisions(self) -> list[str]:
        """The names of the revisions that the server has committed."""
        return [one.revision.revision for one in self.landed if isinstance(one, RevisionStep)]

    @property
    def committed(self) -> str:
        """The same in words."""
        names = ", ".join(self.revisions)
        return f"{names} {_verb(self.landed[-1])}" if names else "nothing was committed"

    def run(self, facts: Facts) -> None:
        """Runs what Alembic's command asks for.

        Without a pending revision there is no lock and no other statement.

        :param facts: the session's, as just found.
        :raises AppSchemaError: one sentence for whatever went wrong.
        """
        try:
            if self.context.opts.get("destination_rev") is not None:  # upgrade, downgrade, stamp
                facts.refuse_replicated()
            self.session.read_committed()
            self.impl.start_migrations()
            planned = self._steps(facts)
            if planned or self.context.purge:
                preflight.check(self.session, facts)
                self._locked(facts.before, planned)
        finally:
            self.session.leave(facts.before)

    def _locked(self, before: Mapping[str, str], planned: list[Step]) -> None:
        try:
            facts = self.lock.acquire(self.options.lock_wait)
            self.heads = set(facts.heads) if facts.versioned else None
            self.narrow = facts.narrow
            steps = self._steps(facts)
            _refuse_more(planned, steps)
            if not self._reviewed(steps):
                return
            bar = progress(len(steps), terminal=self.options.terminal)
            with self._pipeline(), _heard(self.session.driver), bar as self.progress, self.retries:
                self._carry_out(steps, before)
        finally:
            if self.lock.taken:
                self.session.give_back(self.session.restore(before), self.lock.release())

    def _reviewed(self, steps: list[Step]) -> bool:
        if self.review is None:
            return True
        revisions = [step for step in steps if isinstance(step, RevisionStep)]
        return self.review(self.session.connection, frozenset(self.heads or ()), revisions)

    def _carry_out(self, steps: list[Step], before: Mapping[str, str]) -> None:
        """All steps; a revision that did not get its locks is begun again."""
        self.ahead = ahead = Ahead(partial(collecting, self.impl), steps, self.run_args)
        while len(self.landed) < len(steps) or self.lock.taken:
            try:
                with self.context.begin_transaction():  # of all of them, where env.py asks for one
                    if self.context.purge and not steps:
                        self._purge()
                    self._pass(ahead, len(self.landed))
                self._note_landed()
                self._finish(before)
            except (DifferentError, StatementError, DBAPIError) as error:
                self.session.roll_back()
                said = explained(error) if isinstance(error, DBAPIError) else error
                if not self._refused_first(said):
                    self.retries.after(error, self.impl.pipeline)

    def _refused_first(self, error: AppSchemaError) -> bool:
        """Notes which revision was refused; True if it begins again, with a look at the later ones."""
        pipeline = self.impl.pipeline
        if pipeline is None or self.session.external or self.impl.autocommits or self.ahead is None:
            return False
        failed = pipeline.failed
        if failed is None or failed in self.refused or failed in pipeline.partly_committed:
            return False
        number = next((n for n, step in enumerate(self.ahead.steps) if _name(step) == failed), None)
        if number is None or not self.ahead.may_tell(number, error):
            return False
        self.refused.add(failed)
        return True

    def _steps(self, facts: Facts) -> list[Step]:
        function = self.context.opts["fn"]
        heads: Any = () if self.context.purge else tuple(sorted(facts.heads))
        return list(function(heads, self.context))

    def _pass(self, ahead: Ahead, start: int) -> None:
        """Each further step with its stamp in a transaction. The last ones may be on their way afterwards."""
        purge = self.context.purge and not self.landed
        stamped = self.heads
        maintainer = HeadMaintainer(self.context, () if purge else stamped or ())
        for number, step in enumerate(ahead.steps[start:], start):
            with upstream.begin_revision(self.context):
                self._enter(step)
                self._send(self.lock.fence(_application(step), stamped, self.options.lock_timeout))
                if stamped is None:
                    self._send_version_table()
                elif self.narrow:
                    self._send(f"ALTER TABLE {self.session.version_table} ALTER version_num TYPE text")
                if purge and stamped is not None:
                    self._send(f"DELETE FROM {self.session.version_table}")
                purge = False
                self.progress.begins(str(step))
                self.impl.foresight = ahead.of(number, refused=_name(step) in self.refused)
                step.migration_fn(**self.run_args)
                self.impl.foresight = Foresight()
                maintainer.update_to_step(step)
                stamped = set(maintainer.heads)
                for callback in self.context.on_version_apply_callbacks:
                    callback(ctx=self.context, step=step.info, heads=set(stamped), run_args=self.run_args)
                self._when_committed(partial(self._has_landed, step, stamped))
            if self.context.opts.get("transaction_per_migration"):
                self._note_landed()

    def _purge(self) -> None:
        """Forgets every revision, where none is stamped instead."""
        with upstream.begin_revision(self.context):
            self._send(self.lock.fence("app_schema: purge", self.heads, self.options.lock_timeout))
            self._send_version_table()
            self._send(f"DELETE FROM {self.session.version_table}")
        self.heads = set()

    def _send_version_table(self) -> None:
        table = self.impl.version_table
        self._send(plain(CreateTable(table, if_not_exists=True)))
        self._send(privileges.of_table(table.name, table.schema))

    def _when_committed(self, landed: Callable[[], None]) -> None:
        """Has the step noted by the COMMIT that follows; several steps may be waiting for one COMMIT."""
        waiting = self._waiting if self.impl.pipeline is None else self.impl.pipeline.done
        if self.impl.pipeline is None:
            self._waiting = _both(waiting, landed)
        else:
            self.impl.pipeline.done = _both(waiting, landed)

    def _note_landed(self) -> None:
        """Notes the steps whose COMMIT was sent at once, because nothing was kept back."""
        if self.impl.pipeline is None:
            waiting, self._waiting = self._waiting, None
        else:
            waiting, self.impl.pipeline.done = self.impl.pipeline.done, None
        if waiting is not None:
            waiting()

    def _enter(self, step: Step) -> None:
        if (pipeline := self.impl.pipeline) is not None:
            revision = step.revision if isinstance(step, RevisionStep) else None
            pipeline.revision = _name(step)
            pipeline.counts[pipeline.revision] = 0
            pipeline.path = None if revision is None else revision.path
            pipeline.part = self.retries.part(pipeline.revision)

    def _has_landed(self, step: Step, heads: set[str]) -> None:
        name = _name(step)
        statements = self.impl.pipeline.counts[name] - FRAME if self.impl.pipeline is not None else 0
        self.heads, self.narrow = heads, False
        self.landed.append(step)
        self.progress.committed(name, _verb(step), max(statements, 0))

    def _send(self, sql: str) -> None:
        self.impl.execute(Guarded(sql))

    def _finish(self, before: Mapping[str, str]) -> None:
        last = [self.session.restore(before), self.lock.release()]
        if self.impl.pipeline is None:
            self.session.ask(*last)
        else:
            for sql in last:
                self.impl.pipeline.add(sql, outside=True)
            self.impl.pipeline.flush()
        self.lock.taken = self.session.pinned = False

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        """Statements are kept back where the driver is psycopg's own."""
        driver = self.session.driver
        if driver is None:
            yield
            return
        pipeline = self.impl.pipeline = Pipeline(
            self.session.connection, driver, self.options.lock_timeout, self.session.external
        )
        pipeline.attach()
        try:
            yield
        finally:
            pipeline.detach()
            self.impl.pipeline = None


@contextmanager
def _heard(driver: psycopg.Connection[Any] | None) -> Iterator[None]:
    """Whoever waits is told what the statements note."""

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate == NOTED:
            say(notice.message_primary or "")

    if driver is not None:
        driver.add_notice_handler(hear)
    try:
        yield
    finally:
        if driver is not None:
            driver.remove_notice_handler(hear)


def _refuse_more(planned: list[Step], steps: list[Step]) -> None:
    """A downgrade undoes at most what it set out to undo: the wait for the lock may have been for an upgrade.

    :raises DifferentError: naming what else it would undo.
    """
    intended = {_name(step) for step in planned}
    more = [_name(step) for step in steps if step.is_downgrade and _name(step) not in intended]
    if more:
        raise DifferentError(
            f"The database has moved on while this command waited for the migration lock: it would now undo "
            f"{', '.join(more)} too. Nothing was changed; look again (app-schema status), then run it again."
        )


def _both(first: Callable[[], None] | None, second: Callable[[], None]) -> Callable[[], None]:
    if first is None:
        return second

    def both() -> None:
        first()
        second()

    return both


def _name(step: Step) -> str:
    return step.revision.revision if isinstance(step, RevisionStep) else "stamp"


def _verb(step: Step) -> str:
    return "applied" if isinstance(step, StampStep) or step.is_upgrade else "undone"


def _application(step: Step) -> str:
    """``app_schema: 0004_core_indexes``, as pg_stat_activity shows it: 63 bytes of it."""
    return f"app_schema: {_name(step)}".encode()[:NAME_BYTES].decode(errors="ignore")
