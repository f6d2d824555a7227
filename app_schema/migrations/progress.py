"""The progress of a run, on stderr: stdout may be a script."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app_schema import events

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

log = logging.getLogger("alembic.runtime.migration")
COMMITTED = "app_schema_committed"
"""Attribute of the log records that report a COMMIT."""


class Progress:
    """In a log: Alembic's line at the start of a revision, and a line after its COMMIT."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0
        self._since = time.perf_counter()

    def begins(self, words: str) -> None:
        """The statements of a revision are written down; they may be sent later."""
        log.info("Running %s", words)

    def committed(self, name: str, verb: str, statements: int) -> None:
        """The server has committed a revision, which is applied, undone or stamped."""
        self.number += 1
        now = time.perf_counter()
        seconds, self._since = now - self._since, now
        if events.has_listeners():
            counts = {"statements": statements, "seconds": round(seconds, 4)}
            events.emit("revision", revision=name, result=verb, number=self.number, of=self.total, **counts)
        self._line(name, verb, f"{statements} statements, {seconds:.2f} s")

    def copied(self, table: str, rows: int) -> None:
        """A table of `app-schema adopt --into` is copied."""
        self.number += 1
        self._line(table, "copied", f"{rows:,} rows")

    def _line(self, name: str, verb: str, detail: str) -> None:
        line = f"{name} {verb} ({self.number} of {self.total}): {detail}"
        log.info("%s", line, extra={COMMITTED: True})


class TerminalProgress(Progress):
    """On a terminal: a line when a revision is committed, above a bar that moves."""

    def __init__(self, total: int, bar: Bar) -> None:
        super().__init__(total)
        self.bar = bar
        self.task = bar.add_task("", total=total)

    def begins(self, words: str) -> None:
        """Nothing: the bar moves when the server has answered."""

    def _line(self, name: str, _verb: str, detail: str) -> None:
        self.bar.console.print(f"{name}  [dim]{detail}[/dim]", highlight=False)
        self.bar.update(self.task, advance=1)


@contextmanager
def progress(total: int, *, terminal: bool) -> Iterator[Progress]:
    """The progress of so many steps."""
    if not terminal:
        yield Progress(total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield TerminalProgress(total, bar)


@contextmanager
def silence() -> Iterator[None]:
    """Mutes the log of Alembic, which would report a run of the database."""
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
