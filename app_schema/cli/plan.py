"""`app-schema plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish
from app_schema.cli.follow import follow
from app_schema.cli.output import machine, sql, talk
from app_schema.count import counted

if TYPE_CHECKING:
    from app_schema.migrations.needs import Need
    from app_schema.plan import PlannedRevision


def plan(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Up to this one.")] = "head",
    *,
    script: Annotated[bool, typer.Option("--script", help="With all guards, ready for psql.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show the SQL that upgrade would run now, with its locks and the sizes of the tables.

    The statements are shown without guards; --script: a summary, and the script of alembic upgrade --sql.
    The checks of upgrade before its first statement (extensions, privileges, roles, a standby) run here too.
    Exit code 0: no statement would run; 1: a statement would, or another system created the tables;
    2: could not tell, or upgrade would refuse the server or the role.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.plan import comments, plan, preflight, script_of

    app = application()
    with connected(url) as connection:
        stamped = refuse_unadopted(connection, app)
        needs: list[Need] = []

        def run(to: str) -> list[PlannedRevision]:
            return plan(connection, app, to, guarded=script and as_json, needs=needs)

        planned = follow(run, app, stamped, revision)
        if as_json:
            machine(planned)
        elif script and planned:
            summary = [line for step in planned for line in comments(step)]
            sql("\n".join([*summary, script_of(app, stamped, planned)]))
        else:
            for step in planned:
                sql("\n".join([*comments(step), step.sql]) + "\n")
        if planned:
            preflight(connection, app, needs)
    talk(f"{counted(len(planned), 'revision')} would run." if planned else "Nothing would run.")
    finish(well=not planned)
