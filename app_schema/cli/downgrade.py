"""`app-schema downgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from app_schema.cli.common import Json, Url
from app_schema.cli.migration import Log, Options, move, show


def downgrade(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Down to this one, or base, or -2.")] = "-1",
    *,
    options: Options = None,
    url: Url = None,
    log: Log = None,  # noqa: ARG001 - its callback acts
    as_json: Json = False,
) -> None:
    """Undo revisions without asking, by default one; `rollback` shows first which rows would be lost."""
    from app_schema import migrations

    show(move(migrations.downgrade, url, revision, options), "undone", as_json=as_json)
