"""`app-schema adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app_schema.cli import losing
from app_schema.cli.common import Json, Url, application, connected, finish
from app_schema.cli.output import machine, talk


def adopt(
    *,
    choices: Annotated[
        bool, typer.Option("--choices", help="Print what can be chosen for each rule.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the revision, for upgrade.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the database before adoption.")] = False,
    confirm: losing.Confirm = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show on one page what turns a database that another system made into one of this application.

    Reads only. adopt.toml of the working directory says what happens to rows that break a declared rule;
    without it nothing happens to them. --write writes one revision under adoption/, which app-schema upgrade
    carries out; --undo takes it back, with the token of what would be lost.
    Exit code 0: ready, or done; 1: something is to be chosen, or was refused; 2: could not tell.
    """
    from app_schema.adoption import page, revision
    from app_schema.adoption.choices import FILE, read
    from app_schema.adoption.look import look

    if undo:
        _undo(url, confirm, as_json=as_json)
        return
    app = application()
    with connected(url) as connection:
        looked = look(connection, app, read(FILE))
        found = page.page(looked)
        connection.rollback()
        if as_json:
            machine(page.data(found))
        elif choices:
            print("\n".join(page.entries(found)))
        elif not write:
            print("\n".join(page.lines(found)))
        elif found.ready:
            path = revision.write(looked)
            talk("app-schema upgrade carries it out.")
            print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
        else:
            talk("Not written: app-schema adopt shows what is to be chosen first.")
    finish(well=found.ready)


def _undo(url: str | None, confirm: str | None, *, as_json: bool) -> None:
    from app_schema.adoption.revision import adopting, written
    from app_schema.cli.rollback import go_back
    from app_schema.errors import ConfigurationError

    if written() is None:
        raise ConfigurationError("No revision stands under adoption/: nothing was adopted from here.")
    go_back(adopting(application()), url, "base", confirm=confirm, as_json=as_json)
