"""Alembic's ``context``, guarded: an ``env.py`` as Alembic's documentation shows it changes one import.

from app_schema.migrations import context  # instead of: from alembic import context
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from alembic import context as alembic_context

from app_schema.migrations.environment import Environment
from app_schema.migrations.sentences import sentences

_configured: list[dict[str, Any]] = []
"""The arguments of the last ``configure()``."""


def configure(**options: Any) -> None:
    """As Alembic's, for the next ``run_migrations()``."""
    _configured[:] = [options]
    alembic_context.configure(**options)


def begin_transaction() -> AbstractContextManager[None]:
    """Nothing: each revision is a transaction, or all of them with ``transaction_per_migration=False``."""
    return nullcontext()


def run_migrations(**run_args: Any) -> None:
    """Runs the revisions, guarded, on what was configured."""
    options = dict(_configured[-1])
    connection = options.pop("connection", None)
    context = alembic_context.get_context().environment_context
    assert context is not None, "call configure() before run_migrations()"
    environment = Environment(context, options.pop("target_metadata", None) or (), run_args, options)
    with sentences(environment.context):
        if connection is None:
            environment.script()
        else:
            environment.migrate_on(connection)


def __getattr__(name: str) -> Any:
    return getattr(alembic_context, name)
