"""`app-schema upgrade`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app_schema.cli import losing
from app_schema.cli.adopting import adopt_first
from app_schema.cli.common import Json, Url, application, finish
from app_schema.cli.migration import Log, Move, Options, move, show
from app_schema.cli.output import machine

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection

    from app_schema.loss import Losses


def upgrade(
    revision: Annotated[str, typer.Argument(metavar="REV", help="Up to this one, or +1.")] = "head",
    *,
    options: Options = None,
    confirm: losing.Confirm = None,
    url: Url = None,
    log: Log = None,  # noqa: ARG001 - its callback acts
    as_json: Json = False,
) -> None:
    """Apply the pending revisions.

    Safe to run again: an equal object is kept, a different one is refused. Losses (rows of a dropped table or
    column, values that a new type cannot hold) are counted under the migration lock, and need --confirm
    TOKEN. A database that another system created is upgraded by the revision of app-schema adopt --write.
    Exit code 0: done; 1: refused; 2: could not.
    """
    from app_schema import migrations

    adopted = adopt_first(url, options)
    refused: str | None = None
    reviewed: tuple[Losses, str] | None = None

    def review(connection: Connection, stamped: frozenset[str], steps: list[RevisionStep]) -> bool:
        from app_schema.upgrading import prepare

        nonlocal refused, reviewed
        lost, token = reviewed = prepare(connection, application(), stamped, steps)
        if lost and not as_json:
            losing.show(lost)
        refused = losing.refusal(lost, token, confirm)
        return refused is None

    moved = move(migrations.upgrade, url, revision, options, review)
    if adopted is not None:
        moved = Move(adopted.before, moved.after, adopted.revisions + moved.revisions)
    if refused is None:
        show(moved, "applied", as_json=as_json)
    elif as_json and reviewed is not None:
        machine({"error": refused, **losing.data(reviewed[0]), "token": reviewed[1]})
    finish(well=refused is None)
