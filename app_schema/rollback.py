"""Counts the losses of a downgrade before the downgrade, with a token that confirms them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_schema.loss import Losses, losses, reading, token
from app_schema.migrations.dry_run import Steps, operations
from app_schema.migrations.lineage import Revision, described

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

_DOWNGRADE = "Downgrade:"


@dataclass(frozen=True)
class Rollback:
    """The effects of a downgrade.

    `token` depends on the database, the revisions and the counts: other rows, another token.
    """

    here: frozenset[str]
    revisions: list[Revision] = field(default_factory=list)
    operations: dict[str, list[str]] = field(default_factory=dict)
    """The operations of each revision in words; of one that queries the database, those before."""
    lost: Losses = field(default_factory=Losses)
    token: str = ""

    @property
    def remarks(self) -> list[str]:
        """Further sentences on the downgrade."""
        return []

    @property
    def tables(self) -> list[str]:
        """The quoted names of the tables that the downgrade drops or converts, wholly or partly."""
        return sorted({row.table for row in self.lost.rows})


def prepare(connection: Connection, app: Application, stamped: frozenset[str], steps: Steps) -> Rollback:
    """Counts the losses of these steps; changes nothing.

    Exact while the migration's lock is held, except for rows: no table is locked, so rows that are inserted
    before the downgrade are lost without being counted.
    """
    recorded = operations(app, steps)
    with reading(connection, app):
        lost = losses(connection, recorded)
        return Rollback(
            here=stamped,
            revisions=[_downgrade_of(described(step.revision)) for step in steps],
            operations={step.revision: [each.words for each in step.operations] for step in recorded},
            lost=lost,
            token=token(connection, app, [step.revision.revision for step in steps], lost),
        )


def _downgrade_of(revision: Revision) -> Revision:
    """The revision with only the paragraph about its downgrade."""
    notes = (note for note in revision.notes if note.startswith(_DOWNGRADE))
    return Revision(revision.revision, revision.subject, tuple(notes))
