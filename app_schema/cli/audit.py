"""`app-schema audit`."""

from __future__ import annotations

from app_schema.cli.common import Json, Url, application, connected, finish


def audit(url: Url = None, *, as_json: Json = False) -> None:
    """Look for what the database allows and should not, and for what costs for nothing; changes nothing.

    What is accepted stands among the waivers of the application, or in pyproject.toml under
    tool.app_schema.audit.waivers, with its reason and a condition that is checked.
    Exit code 0: nothing is open; 1: something is; 2: could not tell.
    """
    from app_schema import audit as auditing
    from app_schema import project

    app = application()
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
