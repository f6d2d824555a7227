"""`app-schema audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish

if TYPE_CHECKING:
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
    could not tell.
    """
    from app_schema import audit as auditing
    from app_schema import project

    app = application()
    if scale:
        with connected(url) as connection:
            findings = auditing.scale(connection, _people(app))
        print(auditing.as_json(findings) if as_json else auditing.as_text(findings))
        finish(well=not findings)
    waivers, service_roles = auditing.waivers(), auditing.service_roles()
    accepted = project.accepted()
    with connected(url) as connection:
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


def _people(app: Application) -> str:
    """The table of the people, who own the private rows."""
    from app_schema.errors import ConfigurationError

    if app.acting is None or not app.acting.people:
        raise ConfigurationError(
            f"The application {app.name} does not name the table of its people: give it "
            'acting=Acting(..., people=("schema.table", "column", ...)).'
        )
    return app.acting.people[0]
