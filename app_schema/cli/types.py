"""`app-schema types`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import application


def types(
    *,
    typescript: Annotated[  # noqa: ARG001 - the only language, named so that others can be added
        bool, typer.Option("--typescript", help="In TypeScript, which is the default.")
    ] = True,
) -> None:
    """Print the types of the rows for a front end: enums, JSON shapes, and what is read, created and updated.

    The types are those of the Pydantic models in app_schema.schemas, as JSON represents them, without
    secrets.
    """
    from app_schema.typescript import typescript as written

    print(written(application()), end="")
