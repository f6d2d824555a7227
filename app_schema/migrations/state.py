"""The state of a run: its steps, the committed part of each, and the running step.

Runner, pipeline, impl and retries read this state, and have no other state of a revision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from alembic.runtime.migration import RevisionStep, StampStep

from app_schema.migrations.progress import Progress

Step: TypeAlias = RevisionStep | StampStep

NAME_BYTES = 63
FRAME = 2
"""Statements that a revision does not write itself: the fence and the stamp."""


@dataclass(eq=False)
class StepState:
    """A step, the number of tries, and the parts that another try would repeat. None: all stamps are
    deleted."""

    step: Step | None = None
    statements: int = 0
    """Sent in this try, fence and stamp included."""
    begun: int = 0
    """The number of times that the step was begun; parts of the first time may be committed."""
    tries: int = 0
    """Tries that did not get a lock."""
    part: int = 0
    """Statements after which the revision is committed in parts; 0: never."""
    converges: bool = True
    """All statements can be repeated."""
    partly_committed: bool = False
    """Partly committed and not repeatable: must not be retried."""
    foresees: bool = False
    """The revision was refused, and runs again with foresight of the later revisions."""

    @property
    def name(self) -> str:
        """The name of the revision."""
        return self.step.revision.revision if isinstance(self.step, RevisionStep) else "stamp"

    @property
    def path(self) -> str | None:
        """The revision's file."""
        return self.step.revision.path if isinstance(self.step, RevisionStep) else None

    @property
    def verb(self) -> str:
        """The effect of the committed step, in words."""
        return "undone" if isinstance(self.step, RevisionStep) and not self.step.is_upgrade else "applied"

    @property
    def application_name(self) -> str:
        """``app_schema: 0004_core_indexes``; pg_stat_activity shows 63 bytes of it."""
        return f"app_schema: {self.name}".encode()[:NAME_BYTES].decode(errors="ignore")

    def part_is_committed(self, *, converges: bool) -> None:
        """The server has confirmed a COMMIT in the middle of the revision."""
        self.partly_committed = self.partly_committed or not converges


@dataclass(eq=False)
class RunState:
    """The steps of a run. The server has confirmed the COMMIT of the first ``committed`` steps."""

    steps: list[StepState] = field(default_factory=list)
    heads: set[str] | None = None
    """The heads in the version table after these steps; None: no version table exists."""
    empty: bool = False
    """The database was empty before the run: nothing is as a later step leaves it."""
    narrow: bool = False
    """The version table has no room for long names."""
    progress: Progress = field(default_factory=lambda: Progress(0))
    committed: int = 0
    current: StepState = field(default_factory=StepState)
    """The step that runs."""
    created: set[tuple[str | None, str]] = field(default_factory=set)
    """The tables, by schema and name, that statements of this run have created."""
    refused: StepState | None = None
    """The step whose statement the server has refused: an earlier step if the statement was queued."""
    _stamped: list[tuple[StepState, set[str]]] = field(default_factory=list)

    @property
    def revisions(self) -> list[str]:
        """The names of the revisions that the server has committed."""
        committed = self.steps[: self.committed]
        return [state.name for state in committed if isinstance(state.step, RevisionStep)]

    def __str__(self) -> str:
        """The committed steps, in words."""
        names = ", ".join(self.revisions)
        return f"{names} {self.steps[self.committed - 1].verb}" if names else "nothing was committed"

    def begin(self, state: StepState) -> None:
        """Sets the running step."""
        self.current = state
        state.statements = 0
        state.begun += 1

    def is_fresh(self, state: StepState) -> bool:
        """True if no statement of the step or of later ones was executed before."""
        return self.empty and state.begun == 1

    def begin_pass(self) -> None:
        """Starts the first uncommitted step, possibly again: its stamp was rolled back."""
        self._stamped.clear()
        self.refused = None

    @property
    def failed(self) -> StepState:
        """The step whose statement failed."""
        return self.refused or self.current

    def does_not_converge(self, *, committed: bool) -> None:
        """Records that the running step sends a statement that cannot be repeated safely.

        In autocommit each statement is a transaction.
        """
        self.current.converges = False
        self.current.partly_committed = self.current.partly_committed or committed

    def stamp(self, heads: set[str]) -> None:
        """The running step has sent its stamp, which the next COMMIT confirms."""
        self._stamped.append((self.current, heads))

    @property
    def stamped(self) -> bool:
        """The running step has sent its stamp, and waits for its COMMIT."""
        return bool(self._stamped) and self._stamped[-1][0] is self.current

    def pop_stamped(self) -> list[tuple[StepState, set[str]]]:
        """The steps, with their heads, that the COMMIT now sent will confirm."""
        stamped, self._stamped = self._stamped, []
        return stamped

    def confirm(self, stamped: list[tuple[StepState, set[str]]]) -> None:
        """Records that the server has confirmed the COMMIT of these steps."""
        for state, heads in stamped:
            self.heads, self.narrow = heads, False
            self.committed += 1
            self.progress.committed(state.name, state.verb, max(state.statements - FRAME, 0))
