"""`app-schema plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish
from app_schema.cli.output import counted, machine, sql, talk


def plan(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Up to this one.")] = "head",
    *,
    script: Annotated[bool, typer.Option("--script", help="With all guards, ready for psql.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show the SQL that upgrade would run now, with the locks it takes and how large the tables are.

    The statements are shown without the guards in which they are sent; with --script as they are sent.
    Exit code 0: nothing would run; 1: something would; 2: could not tell.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.plan import comments, plan

    app = application()
    with connected(url) as connection:
        refuse_unadopted(connection, app)
        planned = plan(connection, app, revision, script=script)
    if as_json:
        machine(planned)
    else:
        for one in planned:
            sql("\n".join([*comments(one), one.sql]) + "\n")
        talk(f"{counted(len(planned), 'revision')} would run." if planned else "Nothing would run.")
    finish(well=not planned)
