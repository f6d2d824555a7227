"""The losses of an upgrade, counted under the migration's lock."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.errors import ModelError
from app_schema.loss import Losses, losses, reading, token
from app_schema.migrations.dry_run import Steps, record_steps
from app_schema.migrations.unguarded import PlainImpl

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

_MAY_LOSE = re.compile(r"\b(type_|alter_column_types|drop_table|drop_column)\b")
"""What a revision that loses rows or values says: the code of any other is not run beforehand."""


def prepare(
    connection: Connection, app: Application, here: frozenset[str], steps: Steps
) -> tuple[Losses, str]:
    """The rows and values that these steps lose, and the token that allows the losses.

    Protections and handwritten statements need no token: the author of the revision wrote them.
    """
    if not any(_MAY_LOSE.search(Path(step.revision.path).read_text(encoding="utf-8")) for step in steps):
        return Losses(), ""
    try:
        recorded = record_steps(app, here, steps, PlainImpl)
    except ModelError:  # a revision reads the database: what it would do cannot be told before
        return Losses(), ""
    with reading(connection):
        lost = Losses([loss for loss in losses(connection, recorded).rows if loss.rows != 0])
        if not lost:
            return lost, ""
        return lost, token(connection, app, [step.revision.revision for step in steps], lost)
