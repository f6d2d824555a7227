"""The losses of an upgrade, counted under the migration's lock."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.database import is_empty
from app_schema.loss import Losses, losses, reading, token
from app_schema.migrations.dry_run import Steps, operations

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

_LOSES = re.compile(
    r"\b(type_|alter_column_types|drop_(table|column|partition|sequence)|Drop(Table|Column)|impl)\b"
)
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)
_HARMLESS = {*sys.stdlib_module_names, "alembic", "app_schema", "pgvector", "sqlalchemy"}


def prepare(
    connection: Connection, app: Application, stamped: frozenset[str], steps: Steps
) -> tuple[Losses, str]:
    """The rows and values that these steps lose, and the token that allows the losses.

    Protections and handwritten statements need no token: the author of the revision wrote them.
    """
    if not stamped and is_empty(connection):
        return Losses(), ""
    may_lose = {step.revision.revision for step in steps if _may_lose(Path(step.revision.path))}
    if not may_lose:
        return Losses(), ""
    recorded = operations(app, steps)
    with reading(connection, app):
        lost = losses(connection, recorded)
        # on an empty lineage no revision has made what another one drops
        untold = [revision for revision in lost.untold if stamped and revision in may_lose]
        lost = Losses([loss for loss in lost.rows if loss.rows != 0], untold=untold)
        if not lost:
            return lost, ""
        return lost, token(connection, app, [step.revision.revision for step in steps], lost)


def _may_lose(file: Path) -> bool:
    """True if a revision names an operation that loses rows or values, or calls the project's own code; no
    other revision is run beforehand."""
    code = file.read_text(encoding="utf-8")
    imports = (name for name in _IMPORT.findall(code) if name.partition(".")[0] not in _HARMLESS)
    return _LOSES.search(code) is not None or any(imports)
