"""`app-schema models`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Scratch, Url, connected, finish, needs
from app_schema.cli.output import talk


def models(
    *,
    schema: Annotated[
        list[str] | None, typer.Option("--schema", help="Only this schema; may be repeated.")
    ] = None,
    scratch: Scratch = None,
    url: Url = None,
) -> None:
    """Print SQLAlchemy models for what a database has: classes, and a declaration of every other object.

    They are compared with the database before they are printed.
    Exit code 0: app-schema verify would find no difference; 1: it would, and stderr names each; 2: could not
    tell. stderr also names what is not compared, such as a setting of the database.
    """
    with needs("app-schema models", "codegen"):
        from app_schema.codegen.models import models as written
    with connected(url) as connection:
        code = written(connection, schema or (), scratch=scratch)
    print(code.text, end="")
    for sentence in code.missing:
        talk(sentence)
    for label in code.uncompared:
        talk(f"{label}: not compared, so the models do not have it")
    finish(well=not code.missing)
