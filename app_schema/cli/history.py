"""`app-schema history`."""

from __future__ import annotations

from app_schema.cli.common import Json, Url, application, connected
from app_schema.cli.output import machine, table


def history(url: Url = None, *, as_json: Json = False) -> None:
    """List every revision, the newest first, and whether the database has it."""
    from app_schema.migrations.lineage import Lineage, current

    app = application()
    lineage = Lineage(app)
    with connected(url) as connection:
        here = current(connection, app)
    applied = lineage.applied(here)
    if as_json:
        machine([{**vars(one), "applied": one.revision in applied} for one in lineage.all()])
        return
    rows = [
        ("here" if one.revision in here else "applied" if one.revision in applied else "pending", one)
        for one in lineage.all()
    ]
    table(("state", "revision", "subject"), [(state, one.revision, one.subject) for state, one in rows])
