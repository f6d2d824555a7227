"""`app-schema upgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Json, Url
from app_schema.cli.migration import Options, move, show


def upgrade(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Up to this one, or +1.")] = "head",
    *,
    options: Options = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Run the revisions that are pending.

    Running it again is safe: what is there and equal stays, what is there and different is refused.
    Exit code 0: done; 1: refused; 2: could not.
    """
    from app_schema import migrations

    show(move(migrations.upgrade, url, revision, options), "applied", as_json=as_json)
