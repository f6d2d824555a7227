"""The downgrade of an adoption that is not complete: without a stamp Alembic would undo nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.migrations import api
from app_schema.migrations.lineage import Lineage

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection

    from app_schema.application import Application
    from app_schema.migrations.runner import Review


def undo_begun(
    connection: Connection, revision: str, *, app: Application, review: Review, **options: Any
) -> list[str]:
    """Stamps the revision if the review of its downgrade agrees, then downgrades.

    The operations of a downgrade skip what is absent. If it is interrupted, the stamp lets the same command
    continue it.
    """
    lineage, agreed = Lineage(app), False

    def review_downgrade(reviewed: Connection, heads: frozenset[str], _: list[RevisionStep]) -> bool:
        nonlocal agreed
        stamped = heads | lineage.heads
        agreed = review(reviewed, stamped, lineage.steps(stamped, revision, "down"))
        return agreed

    for head in lineage.heads:
        api.stamp(connection, head, app=app, review=review_downgrade, **options)
    return api.downgrade(connection, revision, app=app, **options) if agreed else []
