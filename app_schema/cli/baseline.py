"""`app-schema baseline`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Scratch, Url, application, connected
from app_schema.cli.output import talk


def baseline(
    *,
    message: Annotated[
        str, typer.Option("-m", "--message", help="The message of the revision.")
    ] = "baseline",
    scratch: Scratch = None,
    url: Url = None,
) -> None:
    """Write the first revision of a database that the models already describe, and stamp the database.

    The revision creates in an empty database what the models declare; it runs
    there twice up and twice down. Refused where the database differs from the models, or has revisions.
    Exit code 0: written and stamped; 1: refused, or the proof failed; 2: could not tell.
    """
    from app_schema.codegen.baseline import baseline as write

    app = application()
    with connected(url, changes=True) as connection:
        path, revision = write(connection, app, message, scratch)
    talk(f"Stamped {revision}: the database has what the revision creates.")
    print(path)
