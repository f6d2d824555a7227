"""`app-schema rollback`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli import losing, migration
from app_schema.cli.common import Json, Url, application, finish
from app_schema.cli.migration import Log, show
from app_schema.cli.output import machine, talk
from app_schema.count import counted

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection

    from app_schema.application import Application
    from app_schema.rollback import Rollback


def rollback(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Back to this one, or base, or -2.")] = "-1",
    *,
    confirm: losing.Confirm = None,
    dump: Annotated[Path | None, typer.Option(metavar="FILE", help="First dump the tables here.")] = None,
    dry_run: losing.DryRun = False,
    url: Url = None,
    log: Log = None,  # noqa: ARG001 - its callback acts
    as_json: Json = False,
) -> None:
    """Downgrade to an older revision, by default one step; show the losses, and lose nothing unasked.

    A rollback that would lose rows, values that a type cannot hold, or protection (policies, grants, row
    security, constraints, triggers of kept tables) is refused with a token; the same command with
    --confirm TOKEN runs if the database and the counts are unchanged. Both are read under the migration lock.
    Exit code 0: done, or nothing would be lost (--dry-run); 1: refused; 2: could not tell.
    """
    run_downgrade(application(), url, revision, confirm=confirm, dump=dump, dry_run=dry_run, as_json=as_json)


def run_downgrade(  # noqa: PLR0913 - the options of the commands
    app: Application,
    url: str | None,
    revision: str,
    *,
    confirm: str | None,
    dump: Path | None = None,
    dry_run: bool = False,
    as_json: bool = False,
    downgrade: Callable[..., list[str]] | None = None,
    prepare: Callable[..., Rollback] | None = None,
) -> None:
    """Downgrades an application, and ends the command.

    :param downgrade: in place of `app_schema.migrations.downgrade`.
    :param prepare: in place of `app_schema.rollback.prepare`.
    """
    from app_schema import migrations, rollback
    from app_schema.dump import dump as write

    prepare = prepare or rollback.prepare

    prepared: Rollback | None = None
    refused: str | None = None

    def review(connection: Connection, stamped: frozenset[str], steps: list[RevisionStep]) -> bool:
        nonlocal prepared, refused
        prepared = prepare(connection, app, stamped, steps)
        if not as_json:
            _show(prepared, operations=dry_run)
        refused = losing.refusal(prepared.lost, prepared.token, confirm, dry_run=dry_run)
        if refused is None and not dry_run and dump is not None and prepared.tables:
            write(connection, prepared.tables, dump)
            talk(f"{counted(len(prepared.tables), 'table')} dumped to {dump}, for pg_restore.")
            prepared = prepare(connection, app, stamped, steps)  # a dump may run for long
            refused = losing.refusal(prepared.lost, prepared.token, confirm)
        return refused is None and not dry_run

    moved = migration.move(downgrade or migrations.downgrade, url, revision, review=review, app=app)
    if as_json:
        shown = {"here": moved.before, "revisions": [], "token": None} if prepared is None else vars(prepared)
        lost = None if prepared is None else prepared.lost
        machine(
            {
                **{name: value for name, value in shown.items() if name != "lost"},
                **losing.data(lost),
                "done": bool(moved.revisions),
                **({} if refused is None else {"error": refused}),
            }
        )
    elif prepared is None:
        talk("Nothing to downgrade.")
    elif dry_run:
        talk(f"{counted(len(prepared.revisions), 'revision')} would be undone; nothing was.")
    elif moved.revisions:
        show(moved, "undone", as_json=False)
    finish(well=refused is None)


def _show(prepared: Rollback, *, operations: bool) -> None:
    for revision in prepared.revisions:
        talk(": ".join((revision.revision, " ".join(revision.notes) or revision.subject)))
        if operations:
            counts = Counter(prepared.operations[revision.revision])
            counted_words = (f"{words} ({n} times)" if n > 1 else words for words, n in counts.items())
            talk(f"{revision.revision} does: {', '.join(counted_words) or 'nothing'}.")
    losing.show(prepared.lost)
    for remark in prepared.remarks:
        talk(remark)
