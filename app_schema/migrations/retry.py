"""Short waits for locks on objects: every later statement on a table queues behind a waiting ALTER TABLE.

A revision that does not get its locks is rolled back, and retried after a pause.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import DBAPIError

from app_schema import events
from app_schema.errors import AppSchemaError, StatementError
from app_schema.migrations import watch
from app_schema.migrations.failure import explained

if TYPE_CHECKING:
    from app_schema.migrations.options import Options
    from app_schema.migrations.session import MigrationSession
    from app_schema.migrations.state import StepState

LOCK_TIMEOUT = "55P03"
DEADLOCK = "40P01"
SERIALIZATION = "40001"
OUT_OF_MEMORY = "53200"

SHORTEST = 0.02
"""Seconds between two looks at who blocks, at least."""
LONGEST = 5.0
"""Seconds between two tries, at most."""
PART = 100
"""Statements in a transaction, at first, if the server's lock table has no room for a whole revision."""

_NOT_OURS = (
    "\nnot tried again: the transaction is the caller's, and cannot be begun again here: roll it back, and "
    "run the command again"
)


class Retries:
    """Decides whether and when a failed step is retried."""

    def __init__(self, session: MigrationSession, options: Options) -> None:
        self.session = session
        self.options = options
        self._watch: watch.Watch | None = None
        self._reported: dict[str, set[str]] = {}
        """Revision -> the process ids that blocked it."""

    def __enter__(self) -> Self:
        if self.session.driver is not None:
            timeout, patience = self.options.lock_timeout or watch.PATIENCE, watch.PATIENCE
            self._watch = watch.Watch(
                self.session.driver,
                interval=min(max(timeout / 5, SHORTEST), patience),
                patience=min(timeout / 2, patience),
                # within its timeout a wait is told when it is over; only CONCURRENTLY waits longer
                report_after=max(patience, min(timeout * 1.5, 3 * patience)),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.stop()

    def after(self, error: AppSchemaError | DBAPIError, step: StepState) -> None:
        """Waits until the next try; raises the error, with the blocking sessions, after the last one."""
        if isinstance(error, DBAPIError):
            refusal = explained(error).with_traceback(
                error.__traceback__
            )  # the traceback leads to the revision's line
            if not isinstance(refusal, StatementError):
                raise refusal from error
            error = refusal
        if not isinstance(error, StatementError):
            raise error
        if self.session.connection.invalidated:
            raise error
        if error.sqlstate == SERIALIZATION and self.session.external:
            raise _more(error, _NOT_OURS)  # a savepoint keeps the snapshot of its transaction
        if error.sqlstate in {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}:
            self._blocked(error, step)
        elif error.sqlstate == OUT_OF_MEMORY and "max_locks_per_transaction" in str(error):
            self._split(error, step)
        else:
            raise error

    def _is_harmless(self, step: StepState) -> bool:
        """True if no statement of the step is committed, or only repeatable statements."""
        # another driver's COMMIT in an autocommit_block is not seen
        return not step.partly_committed and (self.session.driver is not None or not self.options.autocommit)

    def _blocked(self, error: StatementError, step: StepState) -> None:
        step.tries += 1
        number, allowed = step.tries, self.options.lock_tries
        lines = self._watch.blockers if self._watch else []
        by = "".join(f"\nblocked by {line}" for line in lines)
        if number < allowed and not self.session.undo_revisions():
            raise _more(error, f"{by}{_NOT_OURS}")
        if not self._is_harmless(step):
            raise _more(error, f"{by}\nnot tried again: it has committed a part that does not converge")
        if number >= allowed:
            raise _more(error, f"{by}\ngiven up after {number} tries; run again when there is less traffic")
        wait = min(0.1 * 2**number, LONGEST) * random.uniform(
            0.5, 1
        )  # random, so that two colliding runs do not retry together
        blockers = {line.partition(" (")[0] for line in lines}
        if self._reported.get(step.name) != blockers:  # a line per set of blockers, not per try
            self._reported[step.name] = blockers
            met = "met a concurrent change" if error.sqlstate == SERIALIZATION else "did not get its locks"
            events.say(f"{step.name} {met} and was rolled back; it is tried {allowed} times{by}")
        held = [f"{line.partition('): ')[0]})" for line in lines]  # without the text of its query
        state = {"sqlstate": error.sqlstate, "blocked_by": held or None}
        events.emit("retry", revision=step.name, number=number, of=allowed, seconds=round(wait, 4), **state)
        self.session.sleep(wait)

    def _split(self, error: StatementError, step: StepState) -> None:
        part = step.part // 4 if step.part else PART
        if self.session.driver is None or self.session.external or part == 0 or not step.converges:
            # parts need a queue, and transactions of their own
            raise error
        step.part = part
        events.say(
            f"{step.name} needs more locks than the server has room for (max_locks_per_transaction); it "
            f"begins again in parts of {part} statements, each committed: every one of them can be repeated"
        )


def _more(error: StatementError, text: str) -> StatementError:
    more = StatementError(f"{error}{text}")
    more.sqlstate = error.sqlstate
    return more.with_traceback(error.__traceback__)
