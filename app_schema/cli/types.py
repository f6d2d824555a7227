"""`app-schema types`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import application


def types(
    *,
    typescript: Annotated[  # noqa: ARG001 - the one language there is, named so that another may come
        bool, typer.Option("--typescript", help="In TypeScript, which is the default.")
    ] = True,
) -> None:
    """Print the types of the rows for a front end: enums, JSON shapes, and what is read, created and updated.

    They are those of the Pydantic models in app_schema.schemas, as JSON has them; no secrets are among them.
    """
    from app_schema.typescript import typescript as written

    print(written(application()), end="")
