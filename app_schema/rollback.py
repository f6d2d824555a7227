"""Going back to an older revision with open eyes: what would be lost, counted, and a token that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_schema.loss import Losses, losses, reading, token
from app_schema.migrations.dry_run import Steps, record_steps
from app_schema.migrations.lineage import Revision, described
from app_schema.migrations.unguarded import PlainImpl

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

_DOWNGRADE = "Downgrade:"


@dataclass(frozen=True)
class Rollback:
    """What going back would do.

    `token` belongs to this database, these revisions and these counts: other rows, another token.
    """

    here: frozenset[str]
    revisions: list[Revision] = field(default_factory=list)
    lost: Losses = field(default_factory=Losses)
    token: str = ""

    @property
    def tables(self) -> list[str]:
        """The tables of which something would be dropped or converted, as SQL needs their names."""
        return sorted({one.table for one in self.lost.rows})


def prepare(connection: Connection, app: Application, here: frozenset[str], steps: Steps) -> Rollback:
    """Looks at what these steps would do; changes nothing.

    Exact while the migration's lock is held, except for rows: no table is locked, and what is written after
    this and before the downgrade is lost uncounted.
    """
    recorded = record_steps(app, here, steps, PlainImpl)
    with reading(connection):
        lost = losses(connection, recorded)
        return Rollback(
            here=here,
            revisions=[_downgrade_of(described(step.revision)) for step in steps],
            lost=lost,
            token=token(connection, app, [step.revision.revision for step in steps], lost),
        )


def _downgrade_of(revision: Revision) -> Revision:
    """The revision with that paragraph alone which speaks of its downgrade."""
    notes = (note for note in revision.notes if note.startswith(_DOWNGRADE))
    return Revision(revision.revision, revision.subject, tuple(notes))
