"""What `upgrade`, `downgrade` and `rollback` share."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from app_schema.cli.common import INTERRUPTED, connected
from app_schema.cli.output import counted, machine, talk

Options = Annotated[
    list[str] | None,
    typer.Option("-x", metavar="NAME=VALUE", help="lock_wait, lock_timeout, lock_tries, autocommit."),
]


@dataclass(frozen=True)
class Move:
    """From where to where a database went, and through which revisions, in that order."""

    before: frozenset[str]
    after: frozenset[str]
    revisions: list[str]


def move(
    function: Callable[..., list[str]],
    url: str | None,
    revision: str,
    options: list[str] | None = None,
    *,
    announced: bool = False,
) -> Move:
    """Calls `app_schema.migrations.upgrade` or `downgrade`, and says what has landed.

    :param announced: the command has named its target already.
    """
    from app_schema.migrations.lineage import current

    given = dict(one.partition("=")[::2] for one in options or ())
    with connected(url, changes=not announced) as connection, _told():
        before = current(connection)
        connection.rollback()  # else it is our transaction in which the revisions run
        try:
            landed = function(connection, revision, **{"terminal": sys.stderr.isatty(), **given})
        except KeyboardInterrupt as interrupt:  # its note says what has landed
            for note in getattr(interrupt, "__notes__", ()):
                talk(note)
            raise typer.Exit(INTERRUPTED) from None
        return Move(before, current(connection), landed)


def show(move: Move, verb: str, *, as_json: bool) -> None:
    """The revision that the database is at now is data, the rest is talk."""
    if as_json:
        machine(move)
        return
    talk(f"{counted(len(move.revisions), 'revision')} {verb}." if move.revisions else "Nothing to do.")
    print(", ".join(sorted(move.after)) or "base")


class _Talk(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if " landed " in record.msg:
            talk(record.getMessage())


@contextmanager
def _told() -> Iterator[None]:
    """Where stderr is no terminal, and no bar is drawn, the runner logs what has landed."""
    log = logging.getLogger("alembic.runtime.migration")
    handler, level = _Talk(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
