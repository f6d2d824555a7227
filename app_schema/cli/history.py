"""`app-schema history`."""

from __future__ import annotations

from app_schema.cli.common import Json, Url, application, connected, finish, problem
from app_schema.cli.output import machine, table


def history(url: Url = None, *, as_json: Json = False) -> None:
    """List every revision, the newest first, and whether the database has applied it.

    Exit code 0: listed; 1: the database is at a revision without a file; 2: could not tell.
    """
    from app_schema.migrations.lineage import Lineage, current
    from app_schema.migrations.unknown_revision import foreign

    app = application()
    lineage = Lineage(app)
    with connected(url) as connection:
        stamped = current(connection, app)
    applied, unknown = lineage.applied(stamped), lineage.unknown(stamped)
    state = {**dict.fromkeys(applied, "applied"), **dict.fromkeys(stamped, "here")}
    if as_json:
        machine([{**vars(listed), "applied": listed.revision in applied} for listed in lineage.all()])
    else:
        otherwise = "unknown" if unknown else "pending"
        rows = [
            (state.get(listed.revision, otherwise), listed.revision, listed.subject)
            for listed in lineage.all()
        ]
        table(("state", "revision", "subject"), rows)
    if unknown:
        problem(foreign(unknown))
    finish(well=not unknown)
