"""Alembic's ``context``, guarded: an ``env.py`` as Alembic's documentation shows it changes one import.

from app_schema.migrations import context  # instead of: from alembic import context
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from alembic import context as alembic_context
from sqlalchemy import Connection

from app_schema.migrations.environment import Environment
from app_schema.migrations.outer import Outer
from app_schema.migrations.sentences import sentences


@dataclass
class _Configured:
    """The arguments of the last ``configure()``."""

    environment: Environment
    connection: Connection | None
    external: bool
    """The connection was in a transaction at that time."""
    outer: Outer | None = None


_configured: list[_Configured] = []


def configure(**options: Any) -> None:
    """As Alembic's, for the next ``run_migrations()``."""
    alembic_context.configure(**options)
    context = alembic_context.get_context().environment_context
    assert context is not None
    connection = options.pop("connection", None)
    options.setdefault("transaction_per_migration", False)  # as Alembic has it
    environment = Environment(context, options.pop("target_metadata", None) or (), {}, options)
    with sentences(context):
        if context.is_offline_mode():
            connection = None
            environment.configure_script()
        else:
            environment.configure(connection)
    external = connection is not None and connection.in_transaction()
    _configured[:] = [_Configured(environment, connection, external)]


def begin_transaction() -> AbstractContextManager[Any]:
    """As Alembic's: one transaction for all revisions and for what env.py sends, which ends with the block.

    Nothing where each revision is a transaction (``transaction_per_migration=True``,
    ``transactional_ddl=False``), or where the connection came with one.
    """
    run = _configured[-1]
    if run.connection is None:
        return alembic_context.begin_transaction()
    if run.external or run.environment.transaction_per_revision:
        return nullcontext()
    run.outer = Outer(alembic_context.get_context())
    return run.outer


def run_migrations(**run_args: Any) -> None:
    """Runs the revisions, guarded, on what was configured."""
    run = _configured[-1]
    environment, connection = run.environment, run.connection
    environment.run_args = run_args
    with sentences(environment.context):
        if connection is None:
            environment.script()
        elif run.outer is not None:
            environment.migrate_on(connection, run.outer)
        else:
            if environment.transaction_per_revision:
                if connection.in_transaction() and not run.external:
                    connection.commit()  # of what env.py has sent; Alembic commits it with the first revision
            elif not connection.in_transaction():
                connection.begin()  # env.py commits
            environment.configure(connection)  # to Alembic, a transaction begun before is the caller's
            environment.migrate_on(connection)


def __getattr__(name: str) -> Any:
    return getattr(alembic_context, name)
