"""`app-schema upgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli import migration
from app_schema.cli.common import Json, Url


def upgrade(
    revision: Annotated[str, typer.Argument(help="Up to this one; its name may be cut short.")] = "head",
    *,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Run the revisions that are pending.

    Running it again is safe: what is there and equal stays, what is there and different is refused.
    """
    migration.show(migration.upgrade(url, revision), "applied", as_json=as_json)
