"""Shared by `upgrade`, `downgrade` and `rollback`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema import events
from app_schema.cli.common import application, connected
from app_schema.cli.follow import follow
from app_schema.cli.output import machine, talk
from app_schema.count import counted
from app_schema.errors import INTERRUPTED

if TYPE_CHECKING:
    from app_schema.application import Application
    from app_schema.migrations.runner import Review

Options = Annotated[
    list[str] | None,
    typer.Option("-x", metavar="NAME=VALUE", help="lock_wait, lock_timeout, lock_tries, autocommit."),
]


def _log(context: typer.Context, form: LogForm | None) -> None:
    if form is not None:  # until the program ends, so that its last error is an event too
        context.find_root().with_resource(events.log())


class LogForm(StrEnum):
    """The format of stderr."""

    JSON = "json"


Log = Annotated[
    LogForm | None,
    typer.Option("--log", metavar="json", callback=_log, help="Write stderr as lines of JSON, one an event."),
]


@dataclass(frozen=True)
class Move:
    """The revisions before and after, and those between, in order."""

    before: frozenset[str]
    after: frozenset[str]
    revisions: list[str]


def move(
    function: Callable[..., list[str]],
    url: str | None,
    revision: str,
    options: list[str] | None = None,
    review: Review | None = None,
    app: Application | None = None,
) -> Move:
    """Calls `app_schema.migrations.upgrade` or `downgrade`, and reports the committed revisions.

    :param review: checks the steps under the migration lock, and returns whether they may run.
    :param app: the application, with other revisions than its configured ones.
    """
    from app_schema.errors import ConfigurationError
    from app_schema.migrations.lineage import Lineage, current

    app = app or application()
    arguments = dict(option.partition("=")[::2] for option in options or ())
    with connected(url, changes=True) as connection, _log_of_revisions():
        before = current(connection, app)
        if not before and app.versions is None:
            from app_schema.adoption.notice import refuse_unadopted

            refuse_unadopted(connection, app)
        if revision.startswith("-") and not before:
            return Move(before, before, [])
        if len(before) > 1 and (older := Lineage(app).included(before)):
            raise ConfigurationError(older)
        if revision.startswith("-") and len(before) > 1:
            raise ConfigurationError(
                f"The database is at {len(before)} revisions, so {revision} has more than one meaning: name "
                f"the revision to go back to, or one branch, as {max(before)}@{revision}."
            )
        connection.rollback()  # otherwise the revisions would run in this transaction

        def run(to: str) -> list[str]:
            terminal = sys.stderr.isatty() and not events.has_listeners()
            return function(connection, to, app=app, review=review, **{"terminal": terminal, **arguments})

        try:
            applied = follow(run, app, before, revision)
        except KeyboardInterrupt as interrupt:  # its note lists the committed revisions
            for note in getattr(interrupt, "__notes__", ()):
                talk(note)
            raise typer.Exit(INTERRUPTED) from None
        return Move(before, current(connection, app), applied)


def show(move: Move, verb: str, *, as_json: bool) -> None:
    """The revision that the database is at now is data, the rest is talk."""
    if as_json:
        machine(move)
        return
    talk(f"{counted(len(move.revisions), 'revision')} {verb}." if move.revisions else "Nothing to do.")
    print(", ".join(sorted(move.after)) or "base")


class _Talk(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        from app_schema.migrations.progress import COMMITTED

        if hasattr(record, COMMITTED):
            talk(record.getMessage())


@contextmanager
def _log_of_revisions() -> Iterator[None]:
    """Lets the runner log committed revisions if stderr is no terminal, where no bar is drawn."""
    if events.has_listeners():  # the event of the revision says it
        yield
        return
    log = logging.getLogger("alembic.runtime.migration")
    handler, level = _Talk(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
