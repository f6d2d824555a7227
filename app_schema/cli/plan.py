"""`app-schema plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish
from app_schema.cli.follow import follow
from app_schema.cli.output import counted, machine, sql, talk

if TYPE_CHECKING:
    from app_schema.migrations.preflight import Need
    from app_schema.plan import PlannedRevision


def plan(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Up to this one.")] = "head",
    *,
    script: Annotated[bool, typer.Option("--script", help="With all guards, ready for psql.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show the SQL that upgrade would run now, with the locks it takes and how large the tables are.

    The statements are shown without the guards in which they are sent; with --script as they are sent.
    What upgrade looks at before its first statement (extensions, rights, roles, a standby) is looked at here.
    Exit code 0: nothing would run; 1: something would; 2: could not tell, or upgrade would not begin.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.plan import comments, plan, preflight

    app = application()
    with connected(url) as connection:
        here = refuse_unadopted(connection, app)
        needs: list[Need] = []

        def run(to: str) -> list[PlannedRevision]:
            return plan(connection, app, to, script=script, needs=needs)

        planned = follow(run, app, here, revision)
        if as_json:
            machine(planned)
        for step in () if as_json else planned:
            sql("\n".join([*comments(step), step.sql]) + "\n")
        if planned:
            preflight(connection, app, needs)
    talk(f"{counted(len(planned), 'revision')} would run." if planned else "Nothing would run.")
    finish(well=not planned)
