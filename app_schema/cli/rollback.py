"""`app-schema rollback`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli import migration
from app_schema.cli.common import Json, Url, connected, finish
from app_schema.cli.output import counted, machine, number, table, talk

if TYPE_CHECKING:
    from app_schema.rollback import Rollback


def rollback(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Back to this one, or base, or -2.")] = "-1",
    *,
    confirm: Annotated[str | None, typer.Option(metavar="TOKEN", help="The token of the refusal.")] = None,
    dump: Annotated[Path | None, typer.Option(metavar="FILE", help="First dump the tables there.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Go back to an older revision, by default one step; show what is lost, and lose no row unasked.

    A rollback that would lose rows is refused with a token; the same command with --confirm TOKEN does it, as
    long as the database and the counts are the same. Exit code 0: done; 1: refused; 2: could not tell.
    """
    from app_schema import migrations
    from app_schema.dump import dump as write
    from app_schema.rollback import prepare

    with connected(url, changes=True) as connection:
        prepared = prepare(connection, revision)
        refused = prepared.loses and confirm != prepared.token
        if not as_json:
            _show(prepared)
        if not refused and dump is not None and prepared.tables:
            write(connection, prepared.tables, dump)
            talk(f"{counted(len(prepared.tables), 'table')} dumped to {dump}, for pg_restore.")
            now = prepare(connection, revision)  # a dump takes its time
            refused, prepared = now.token != prepared.token, now
    if refused:
        _refuse(prepared, confirm)
    elif prepared.revisions:
        migration.move(migrations.downgrade, url, prepared.to, announced=True)
        talk(f"At {prepared.to} now.")
    if as_json:
        machine({**vars(prepared), "done": not refused})
    finish(well=not refused)


def _show(prepared: Rollback) -> None:
    for one in prepared.revisions:
        talk(" ".join((f"{one.revision}:", *one.notes)))
    rows = [(one.revision, one.table, one.column or "(all)", number(one.rows)) for one in prepared.losses]
    if rows:
        table(("revision", "table", "column", ">rows lost"), rows)
    elif not prepared.revisions:
        talk("Nothing to go back from.")


def _refuse(prepared: Rollback, confirm: str | None) -> None:
    if confirm is not None:
        talk("The token does not fit: it belongs to another database, other revisions or other rows.")
    lost = sum(one.rows for one in prepared.losses)
    if prepared.by_hand:
        talk(f"{counted(prepared.by_hand, 'handwritten statement')}: only their author knows what they lose.")
    talk(f"Refused: {counted(lost, 'row')} would be lost. To lose them, add --confirm {prepared.token}")
