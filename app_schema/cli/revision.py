"""`app-schema revision`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from app_schema.cli.common import Url, application, connected

Options = Annotated[
    list[str] | None,
    typer.Option("-x", metavar="NAME=VALUE", help="prune, safe, schemas, zone, scratch, cache."),
]


def revision(
    *,
    message: Annotated[str, typer.Option("-m", "--message", help="The message of the revision.")],
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="Carry it out on a copy, up twice and down twice.")
    ] = True,
    options: Options = None,
    url: Url = None,
) -> None:
    """Write the revision that leads from the database to the models, and prove it.

    The copy has the structure of the database and up to 100 of its rows a table, and stays on its server.
    Exit code 0: written, and proved unless told not to; 1: the proof failed; 2: could not tell. The header
    of the file, which is kept, names the failure.
    """
    from alembic import command

    from app_schema.migrations import config

    chosen = config(application())
    given = [f"prove={str(prove).lower()}", *(options or ())]
    chosen.cmd_opts = SimpleNamespace(x=given)  # type: ignore[assignment]  # an argparse namespace
    with connected(url, changes=False) as connection:
        connection.rollback()
        chosen.attributes["connection"] = connection
        chosen.attributes["configure_logger"] = False
        script = command.revision(chosen, message, autogenerate=True)
    for generated in script if isinstance(script, list) else [script]:
        if generated is not None:
            print(generated.path)
