"""`app-schema audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

_ANY_TABLE = """
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (CAST(:schemas AS text[]))
     AND c.oid <> ALL (ARRAY(SELECT coalesce(pg_catalog.to_regclass(o.name), 0)
                               FROM unnest(CAST(:own AS text[])) AS o(name)))
     AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))"""
"""True if the schemas have a table beside those of the migrations and of extensions."""


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
    could not tell, or the database has no table.
    """
    from app_schema import audit as auditing
    from app_schema import project

    app = application()
    if scale:
        with connected(url) as connection:
            findings = auditing.scale(connection, _people(app), app.metadata)
            _refuse_empty(connection, app)
        print(auditing.as_json(findings) if as_json else auditing.as_text(findings))
        finish(well=not findings)
    waivers, service_roles = auditing.waivers(), auditing.service_roles()
    accepted = project.accepted()
    with connected(url) as connection:
        findings = auditing.audit(
            connection,
            app.metadata,
            waivers=waivers,
            carried=(auditing.of_version_table(app), *app.waivers()),
            service_roles=service_roles,
            accepted=accepted,
            touch=app.touch,
        )
        _refuse_empty(connection, app)
    print(auditing.as_json(findings) if as_json else auditing.as_text(findings))
    finish(well=not any(finding.open for finding in findings))


def _refuse_empty(connection: Connection, app: Application) -> None:
    """No finding in schemas without tables would be no good news."""
    from sqlalchemy import text

    from app_schema.ddl.script import managed
    from app_schema.ddl.sql import qualified
    from app_schema.errors import ServerError
    from app_schema.migrations.once import TABLE

    own = [app.qualified_version_table, qualified(TABLE, app.version_table_schema)]
    schemas = sorted(managed(app.metadata))
    if not connection.scalar(text(_ANY_TABLE), {"own": own, "schemas": schemas}):
        raise ServerError(
            f"The database has no table in the schemas of {app.name}, so there is nothing to audit: run "
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
