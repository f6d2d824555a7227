"""`app-schema adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app_schema.cli import losing
from app_schema.cli.common import Json, Scratch, Url, application, connected, finish
from app_schema.cli.output import machine, talk
from app_schema.cli.side_by_side import copy_into


def adopt(  # noqa: PLR0913 - the options of the command
    *,
    choices: Annotated[
        bool, typer.Option("--choices", help="Print the choices for each violated rule.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the revision for upgrade.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Downgrade to the database before adoption.")] = False,
    into: Annotated[
        str | None,
        typer.Option("--into", metavar="URL", help="Copy the rows into a new database; change nothing here."),
    ] = None,
    scratch: Scratch = None,
    confirm: losing.Confirm = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show on one page what adopting a database that another system created would change.

    Reads only. adopt.toml in the working directory has the choices for rows that violate a declared rule;
    without it no row changes. --write writes one revision under adoption/, which app-schema upgrade runs;
    --undo downgrades it, with the token of what would be lost. --into leaves this database as it is, and
    copies its rows into a new one, converted and chosen in the same way; the same command goes on after an
    interruption.
    Exit code 0: ready, or done; 1: a choice is missing, or it was refused; 2: could not tell.
    """
    from app_schema.adoption import page, revision
    from app_schema.adoption.choices import FILE, read
    from app_schema.adoption.look import look
    from app_schema.adoption.notice import refuse_adopted

    if undo:
        _undo(url, confirm, as_json=as_json)
        return
    if into is not None:
        copy_into(url, into, scratch, as_json=as_json)
        return
    app = application()
    with connected(url) as connection:
        refuse_adopted(connection, app, changes=write)
        compared = look(connection, app, read(FILE), scratch)
        adoption = page.page(compared)
        connection.rollback()
        if as_json:
            machine(page.data(adoption))
        elif choices:
            print("\n".join(page.entries(adoption)))
        elif not write:
            print("\n".join(page.lines(adoption)))
        elif adoption.ready:
            path = revision.write(compared)
            talk("Next: app-schema upgrade")
            print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
        else:
            talk("Not written: a choice is missing, as app-schema adopt shows.")
    finish(well=adoption.ready)


def _undo(url: str | None, confirm: str | None, *, as_json: bool) -> None:
    from app_schema.adoption.notice import has_begun
    from app_schema.adoption.place import written
    from app_schema.adoption.revision import adopting
    from app_schema.adoption.undo import prepare, undo_begun
    from app_schema.cli.adopting import UNFIT
    from app_schema.cli.rollback import run_downgrade
    from app_schema.errors import ConfigurationError, DifferentError, StatementError
    from app_schema.migrations.lineage import current

    if written() is None:
        raise ConfigurationError("adoption/ has no revision: app-schema adopt --write writes one.")
    app = application()
    with connected(url) as connection:
        begun = not current(connection, app) and has_begun(connection, app)
    try:
        run_downgrade(
            adopting(app),
            url,
            "base",
            confirm=confirm,
            as_json=as_json,
            downgrade=undo_begun if begun else None,
            prepare=prepare,
        )
    except StatementError as error:
        if not (error.sqlstate or "").startswith(UNFIT):
            raise
        raise DifferentError(
            f"{error}\nhint: a row that was written after the adoption violates a rule of the former system, "
            "or prevents the return of a row or value from schema aside: correct or delete one of them, then "
            "run app-schema adopt --undo again"
        ) from error
