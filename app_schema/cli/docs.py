"""`app-schema docs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app_schema.cli.common import application, finish, needs
from app_schema.cli.output import talk


def docs(
    directory: Annotated[Path, typer.Argument(help="Where schema.md and the pictures lie.")] = Path("docs"),
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; list stale files.")] = False,
) -> None:
    """Write the reference of the tables and a diagram of each domain from the models.

    Exit code 0: all files are fresh; 1 (with --check): a file is stale; 2: they cannot be written.
    """
    with needs("The reference", "docs"):
        from app_schema.reference.files import stale, write

    pages = (stale if check else write)(application(), directory)
    for page in pages:
        print(page.path)
    if check and pages:
        talk("stale: run app-schema docs")
    finish(well=not (check and pages))
