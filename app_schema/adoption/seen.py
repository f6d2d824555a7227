"""The digest of the objects for which a revision of adoption was written.

The former application may create a policy, a trigger or a column after the page; the revision would leave it
in force beside the declared ones.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from app_schema.catalog import snapshot
from app_schema.errors import DifferentError

if TYPE_CHECKING:
    from collections.abc import Container

    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection

    from app_schema.application import Application
    from app_schema.ddl import Key

_ACTING = {"view", "materialized_view", "function", "rule", "policy", "trigger"}
"""Kinds that change results or effects on tables, in any schema of the application."""
_NAME = "seen"


def acts(key: Key, tables: Container[tuple[str | None, str | None]]) -> bool:
    """True for a part of one of the tables, and for an object that may change what they do."""
    return key.kind in _ACTING or (key.schema, key.table) in tables


def digest(connection: Connection, app: Application) -> str:
    """The digest of the present objects that act on declared tables, and of all enums."""
    tables = {(table.schema or "public", table.name) for table in app.metadata.tables.values()}
    seen = [
        [*key, str(definition)]
        for key, definition in snapshot(connection).items()
        if acts(key, tables) or key.kind == "enum"
    ]
    return hashlib.sha256(json.dumps(sorted(seen, key=str)).encode()).hexdigest()[:32]


def note(path: Path, value: str) -> None:
    """Adds the digest to a revision."""
    said = "app-schema upgrade runs this revision only while these objects are as they were."
    with path.open("a", encoding="utf-8") as file:
        file.write(f'\n\n{_NAME} = "{value}"\n"""{said}"""\n')


def refuse_changed(connection: Connection, app: Application, steps: list[RevisionStep]) -> None:
    """Compares the database with the digest in the revision.

    :raises DifferentError: if an object has changed since.
    """
    for step in steps:
        seen = getattr(step.revision.module, _NAME, None)
        if seen is not None and seen != digest(connection, app):
            raise DifferentError(
                "An object of the database was created, changed or dropped after the revision was written."
            )
