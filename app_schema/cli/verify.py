"""`app-schema verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Json, Url, application, connected, finish
from app_schema.cli.output import machine, table, talk


def verify(
    *,
    scratch: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server where the role may create a database."),
    ] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Compare the whole database with the models, both as PostgreSQL prints them.

    Exit code 0: all that is declared is there and equal, and nothing else is; 1: a difference; 2: could not
    tell.
    """
    from app_schema.adoption.notice import refuse_unadopted
    from app_schema.migrations.drift import drift
    from app_schema.migrations.lineage import Lineage
    from app_schema.overview import of_revision

    app = application()
    lineage = Lineage(app)
    with connected(url) as connection:
        here = refuse_unadopted(connection, app)
        found = drift(connection, app, scratch)
    if as_json:
        machine(found)
    else:
        columns = ("kind", ">declared", ">created", ">equal", ">different", ">undeclared")
        table(columns, [tuple(vars(one).values()) for one in found.kinds])
        for one in found.objects:
            talk(f"{one.state}: {one.object}")
            if one.state == "different":
                talk(f"  found:    {one.found}\n  declared: {one.declared}")
    if not found.conforms:
        behind = list(of_revision(here, lineage.heads, lineage.unknown(here)))
        if behind:
            talk(behind[0])
        elif any(one.state != "undeclared" for one in found.objects):
            talk("alembic revision --autogenerate writes the revision that mends it.")
        if any(one.state == "undeclared" for one in found.objects):
            talk(
                "Undeclared: declare it, list it in [tool.app_schema] undeclared of pyproject.toml, or "
                "have alembic -x prune=true revision --autogenerate drop it."
            )
    finish(well=found.conforms)
