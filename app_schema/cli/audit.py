"""`app-schema audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application


def audit(
    url: Url = None,
    *,
    scale: Annotated[
        bool, typer.Option("--scale", help="Check instead what spreading rows over servers by owner needs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check the database for excess privileges, future failures and useless cost; changes nothing.

    Waivers of accepted findings, each with a reason and a checked condition, are those of the application and
    of tool.app_schema.audit.waivers in pyproject.toml. Exit code 0: no open finding; 1: an open finding; 2:
    could not tell, or no declared table exists.
    """
    from app_schema import audit as auditing
    from app_schema import project

    app = application()
    if scale:
        with connected(url) as connection:
            _refuse_unmigrated(connection, app)
            findings = auditing.scale(connection, _people(app))
        print(auditing.as_json(findings) if as_json else auditing.as_text(findings))
        finish(well=not findings)
    waivers, service_roles = auditing.waivers(), auditing.service_roles()
    accepted = project.accepted()
    with connected(url) as connection:
        _refuse_unmigrated(connection, app)
        findings = auditing.audit(
            connection,
            app.metadata,
            waivers=waivers,
            carried=tuple(app.waivers()),
            service_roles=service_roles,
            accepted=accepted,
            touch=app.touch,
        )
    print(auditing.as_json(findings) if as_json else auditing.as_text(findings))
    finish(well=not any(finding.open for finding in findings))


def _refuse_unmigrated(connection: Connection, app: Application) -> None:
    """No finding would be no good news: there is nothing to find."""
    from sqlalchemy import text

    from app_schema.ddl.sql import qualified
    from app_schema.errors import ServerError

    declared = [qualified(table.name, table.schema) for table in app.metadata.tables.values()]
    exists = text(
        "SELECT bool_or(to_regclass(t.name) IS NOT NULL) FROM unnest(CAST(:names AS text[])) AS t(name)"
    )
    if connection.scalar(exists, {"names": declared}) is False:
        raise ServerError(
            f"None of the {len(declared)} declared tables exists, so there is nothing to audit: run "
            "app-schema upgrade, or name another database by --url or DATABASE_URL."
        )


def _people(app: Application) -> str:
    """The table of the people, who own the private rows."""
    from app_schema.errors import ConfigurationError

    if app.acting is None or not app.acting.people:
        raise ConfigurationError(
            f"The application {app.name} does not name the table of its people: give it "
            'acting=Acting(..., people=("schema.table", "column", ...)).'
        )
    return app.acting.people[0]
