"""Runs revisions: one migrator at a time, each revision a transaction with its stamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from alembic.runtime.migration import HeadMaintainer, RevisionStep
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from app_schema import events, upstream
from app_schema.ddl import Guarded, privileges
from app_schema.ddl.block import NOTED
from app_schema.ddl.sql import plain
from app_schema.errors import AppSchemaError, ConfigurationError, DifferentError, StatementError
from app_schema.migrations import preflight, unknown_revision
from app_schema.migrations.collecting import collecting
from app_schema.migrations.failure import explained
from app_schema.migrations.foresight import Ahead, Foresight, StepForesight, already_exists
from app_schema.migrations.handwriting import Handwriting
from app_schema.migrations.impl import GuardedImpl
from app_schema.migrations.lock import Lock
from app_schema.migrations.pipeline import Pipeline
from app_schema.migrations.progress import progress
from app_schema.migrations.retry import Retries
from app_schema.migrations.session import SAVEPOINT, Facts, MigrationSession
from app_schema.migrations.stamping import create_place
from app_schema.migrations.state import RunState, Step, StepState

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from app_schema.migrations.options import Options
    from app_schema.migrations.outer import Outer

Review: TypeAlias = Callable[[Connection, frozenset[str], list[RevisionStep]], bool]
"""Called with the heads and the steps, under the lock; returns False to run no step."""


class Runner:
    """The replacement of ``MigrationContext.run_migrations`` for a context with a connection."""

    def __init__(
        self,
        context: MigrationContext,
        session: MigrationSession,
        options: Options,
        outer: Outer | None = None,
        review: Review | None = None,
        run_args: Mapping[str, Any] | None = None,
    ) -> None:
        assert isinstance(context.impl, GuardedImpl)
        self.context = context
        self.impl = context.impl
        self.session = session
        self.options = options
        self.outer = outer
        self.review = review
        self.run_args = dict(run_args or {})
        self.lock = Lock(session, lasting=outer is not None)
        self.state = RunState()

    def run(self, facts: Facts) -> None:
        """Runs the command of Alembic.

        Without a pending revision no lock is acquired and no other statement is sent.

        :param facts: the current facts of the session.
        :raises AppSchemaError: with one sentence.
        """
        moves = self.context.opts.get("destination_rev") is not None  # upgrade, downgrade, stamp
        try:
            with events.run(self._result, heads=sorted(facts.heads)) if moves else nullcontext():
                if moves:
                    facts.refuse_replicated()
                self.session.read_committed()
                self.impl.start_migrations()
                planned = self._steps(facts)
                if planned or self.context.purge:
                    preflight.check(self.session, facts)
                    self._locked(facts.before, planned)
        finally:
            if not self._open:
                self.session.leave(facts.before)

    def _result(self) -> dict[str, Any]:
        """The end of the run as an event."""
        committed, steps = self.state.committed, self.state.steps
        result = steps[committed - 1].verb if committed else "nothing to do"
        if steps and not committed:
            result = "uncommitted" if self._open else "not run"
        return {"result": result, "revisions": self.state.revisions}

    @property
    def _open(self) -> bool:
        """The revisions wait for env.py to end their transaction."""
        return self.outer is not None and self.outer.waits

    def when_ended(self, function: Callable[[], None]) -> None:
        """Calls the function when the run has ended: now, or when env.py has ended the transaction."""
        if self.outer is not None and self._open:
            self.outer.when_ended(lambda _: function())
        else:
            function()

    def _locked(self, before: Mapping[str, str], planned: list[Step]) -> None:
        try:
            facts = self.lock.acquire(self.options.lock_wait)
            steps = self._steps(facts)
            heads = set(facts.heads) if facts.versioned else None
            state = self.state = self.impl.state = RunState(
                [StepState(step) for step in steps], heads, facts.empty, facts.narrow
            )
            self.impl.handwriting = Handwriting(active=facts.default_grants)
            _refuse_more(planned, state.steps)
            if not self._reviewed(steps):
                return
            preflight.refuse_unwritable(facts)  # not before: a review alone writes nothing
            retries = Retries(self.session, self.options)
            bar = progress(len(steps), terminal=self.options.terminal)
            with self._pipeline(), _printing_notices(self.session.driver), bar as state.progress, retries:
                ahead = Ahead(self.context, partial(collecting, self.impl), steps, self.run_args)
                self._run_steps(ahead, retries, before)
        finally:
            if self.lock.acquired and not self._open:
                self.session.release(self.session.restore(before), self.lock.release())

    def _reviewed(self, steps: list[Step]) -> bool:
        if self.review is None:
            return True
        revisions = [step for step in steps if isinstance(step, RevisionStep)]
        return self.review(self.session.connection, frozenset(self.state.heads or ()), revisions)

    def _run_steps(self, ahead: Ahead, retries: Retries, before: Mapping[str, str]) -> None:
        """Runs all steps; retries a revision that did not get its locks."""
        state = self.state
        while state.committed < len(state.steps) or self.lock.acquired:
            try:
                with self._transaction(before):
                    self._attempt(ahead, retries)
                if self._open:
                    return
                state.confirm(state.pop_stamped())
                self._finish(before)
            except (DifferentError, StatementError, DBAPIError) as error:
                if self.session.external:
                    raise
                self.session.roll_back()
                self._wait_or_raise(error, ahead, retries)

    def _attempt(self, ahead: Ahead, retries: Retries) -> None:
        """One pass; in a transaction of the caller's as many as it takes, each from the savepoint."""
        while True:
            try:
                if self.context.purge and not self.state.steps:
                    self._purge()
                self._pass(ahead)
                if self.impl.pipeline is not None and (self.session.external or self.outer is not None):
                    self.impl.pipeline.flush()
            except (DifferentError, StatementError, DBAPIError) as error:
                if not self.session.external:
                    raise
                if self.impl.pipeline is not None:
                    self.impl.pipeline.discard()
                self._wait_or_raise(error, ahead, retries)
            else:
                return

    def _wait_or_raise(
        self, error: DifferentError | StatementError | DBAPIError, ahead: Ahead, retries: Retries
    ) -> None:
        """Returns where another pass may succeed; else raises the error."""
        refusal = explained(error) if isinstance(error, DBAPIError) else error
        if self._runs_again(ahead, refusal) and self.session.undo_revisions():
            return
        retries.after(error, self.state.failed)

    def _transaction(self, before: Mapping[str, str]) -> AbstractContextManager[Any]:
        """One transaction for all steps, if env.py asks for it."""
        if self.outer is None:
            return self.context.begin_transaction()
        return self.outer.begun(partial(self._ended, before))

    def _ended(self, before: Mapping[str, str], committed: bool) -> None:  # noqa: FBT001  # called by Outer alone
        """env.py has ended the transaction."""
        self.session.external = False
        if committed:
            self.state.confirm(self.state.pop_stamped())
        self.session.release(self.session.restore(before), self.lock.release())
        self.lock.acquired = self.session.pinned = False
        self.session.leave(before)

    def _runs_again(self, ahead: Ahead, error: AppSchemaError) -> bool:
        """Records a refused revision; True if it runs again, with comparisons or with foresight of the later
        ones."""
        failed = self.state.failed
        if failed not in self.state.steps or failed.foresees or failed.partly_committed:
            return False
        if self.impl.autocommits:
            return False
        if self.state.is_fresh(failed) and already_exists(error):
            return True
        failed.foresees = ahead.may_tell(self.state.steps.index(failed), error)
        return failed.foresees

    def _steps(self, facts: Facts) -> list[Step]:
        heads: Any = () if self.context.purge else tuple(sorted(facts.heads))
        try:
            steps: list[Step] = list(self.context.opts["fn"](heads, self.context))
        except CommandError as error:
            if unknown_revision.nothing_follows(self.context, heads):
                return []
            self._refuse_included(heads, error)
            raise
        if any(isinstance(step, RevisionStep) and not step.is_upgrade for step in steps):
            self._refuse_included(heads)  # Alembic counts -1 from the oldest row, and undoes all above it
        return steps

    def _refuse_included(self, heads: tuple[str, ...], cause: CommandError | None = None) -> None:
        scripts, table = self.context.script, self.session.version_table
        if (
            scripts is not None
            and len(heads) > 1
            and (sentence := unknown_revision.included(scripts, heads, table))
        ):
            raise ConfigurationError(sentence) from cause

    def _pass(self, ahead: Ahead) -> None:
        """Runs each uncommitted step with its stamp in a transaction. The last steps may still be queued."""
        state = self.state
        state.begin_pass()
        if self.session.external:
            self._send(f"SAVEPOINT {SAVEPOINT}")
        purge = self.context.purge and not state.committed
        stamped = state.heads
        maintainer = HeadMaintainer(self.context, () if purge else stamped or ())
        for number, running in list(enumerate(state.steps))[state.committed :]:
            step = running.step
            assert step is not None
            with upstream.begin_revision(self.context):
                state.begin(running)
                if self.impl.pipeline is not None:
                    self.impl.pipeline.later_needs = partial(ahead.needs, number)
                self.impl.handwriting.noted = False
                self._send(self.lock.fence(running.application_name, stamped, self.options.lock_timeout))
                if stamped is None:
                    self._send_version_table()
                elif state.narrow:
                    self._send(f"ALTER TABLE {self.session.version_table} ALTER version_num TYPE text")
                if purge and stamped is not None:
                    self._send(f"DELETE FROM {self.session.version_table}")
                purge = False
                if (forgotten := ahead.forgotten(number)) is not None:
                    self._send(forgotten)
                state.progress.begins(str(step))
                fresh = state.is_fresh(running)
                self.impl.foresight = StepForesight(ahead, number, refused=running.foresees, fresh=fresh)
                step.migration_fn(**self.run_args)
                self.impl.foresight = Foresight()
                maintainer.update_to_step(step)
                stamped = set(maintainer.heads)
                for callback in self.context.on_version_apply_callbacks:
                    callback(ctx=self.context, step=step.info, heads=set(stamped), run_args=self.run_args)
                state.stamp(stamped)
            if self.context.opts.get("transaction_per_migration"):
                state.confirm(state.pop_stamped())  # its COMMIT was sent at once: nothing was queued

    def _purge(self) -> None:
        """Deletes all stamps if none replaces them."""
        state = self.state
        with upstream.begin_revision(self.context):
            state.begin(StepState())
            self._send(self.lock.fence("app_schema: purge", state.heads, self.options.lock_timeout))
            self._send_version_table()
            self._send(f"DELETE FROM {self.session.version_table}")
        state.heads = set()

    def _send_version_table(self) -> None:
        table = self.impl.version_table
        if (place := create_place(table.schema)) is not None:
            self.impl.execute(place)
        self._send(plain(CreateTable(table, if_not_exists=True)))
        self._send(privileges.of_table(table.name, table.schema))

    def _send(self, sql: str) -> None:
        self.impl.execute(Guarded(sql))

    def _finish(self, before: Mapping[str, str]) -> None:
        last = [self.session.restore(before), self.lock.release()]
        if self.impl.pipeline is None:
            self.session.fetch(*last)
        else:
            for sql in last:
                self.impl.pipeline.add(sql, outside=True)
            self.impl.pipeline.flush()
        self.lock.acquired = self.session.pinned = False

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        """Statements are queued only for psycopg's own driver."""
        driver = self.session.driver
        if driver is None:
            yield
            return
        pipeline = self.impl.pipeline = Pipeline(
            self.session.connection,
            driver,
            self.options.lock_timeout,
            self.session.external,
            self.state,
            self.impl.handwriting,
        )
        pipeline.attach()
        try:
            yield
        finally:
            pipeline.detach()
            self.impl.pipeline = None


@contextmanager
def _printing_notices(driver: psycopg.Connection[Any] | None) -> Iterator[None]:
    """Prints the notices of the statements."""

    def print_notice(notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate == NOTED:
            events.say(notice.message_primary or "")

    if driver is not None:
        driver.add_notice_handler(print_notice)
    try:
        yield
    finally:
        if driver is not None:
            driver.remove_notice_handler(print_notice)


def _refuse_more(planned: list[Step], steps: list[StepState]) -> None:
    """Refuses a downgrade of further revisions: another upgrade may have run while this command waited.

    :raises DifferentError: with the further revisions.
    """
    intended = {StepState(step).name for step in planned}
    unplanned = [state.name for state in steps if state.verb == "undone" and state.name not in intended]
    if unplanned:
        raise DifferentError(
            f"Another upgrade ran while this command waited for the migration lock: the downgrade would also "
            f"undo {', '.join(unplanned)}. Nothing was changed; see app-schema status, then run it again."
        )
