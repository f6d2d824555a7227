"""Where ``alembic/env.py`` comes in. A database that is at the head needs little, and little is imported."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from app_schema import database, short_lived
from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.migrations.copies import refuse_other
from app_schema.migrations.loading import load
from app_schema.migrations.options import Options
from app_schema.migrations.session import Facts, Session
from app_schema.target import announce

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import MetaData

COULD_NOT_TELL = 2
"""Exit code of a command that cannot tell what there is, as of ours; Alembic's own of a refusal is 255."""


def run(context: EnvironmentContext, metadata: MetaData | Callable[[], MetaData]) -> None:
    """:func:`app_schema.migrations.environment.run`, which is left out where nothing is pending."""
    if not hasattr(context.config.cmd_opts, "cmd"):
        _run(context, metadata)
        return
    short_lived.freeze()  # Alembic's command line
    try:
        _run(context, metadata)
    except CommandError as error:
        if not isinstance(error.__cause__, ConfigurationError):
            raise
        sys.stderr.write(f"FAILED: {error}\n")  # as Alembic says it
        raise SystemExit(COULD_NOT_TELL) from error
    except Exception as error:  # 1 would say: a difference
        traceback.print_exc()
        raise SystemExit(COULD_NOT_TELL) from error


def _run(context: EnvironmentContext, metadata: MetaData | Callable[[], MetaData]) -> None:
    try:
        refuse_other(Path(context.script.dir), context.config.config_file_name or "the configuration")
        load(context.script)
    except AppSchemaError as error:
        raise CommandError(str(error)) from error
    wanted = _wanted(context)
    if wanted is None:
        _rest(context, metadata)
        return
    try:
        Options.read(context.get_x_argument(as_dictionary=True))
        target = database.target(direct=True)
        with database.connect(database.engine(target.url, direct=True)) as connection:
            announce(connection, target, changes=True)
            session = Session(connection, "alembic_version", "public", "public")
            facts = session.facts()
            facts.refuse_replicated()
            if set(facts.heads) != wanted:
                _rest(context, metadata, (session, facts))
    except AppSchemaError as error:
        raise CommandError(str(error)) from error
    except (DBAPIError, psycopg.Error) as error:
        from app_schema.migrations.failure import explained

        raise CommandError(str(explained(error))) from error


def _wanted(context: EnvironmentContext) -> set[str] | None:
    """The heads, where the command goes there on the configured database; None: it is another one."""
    if context.is_offline_mode() or context.config.attributes.get("connection") is not None:
        return None
    try:
        there = context.get_revision_argument()
    except (KeyError, CommandError):
        return None
    heads = set(context.script.get_heads())
    return heads if {there} == heads or set(there or ()) == heads else None


def _rest(
    context: EnvironmentContext,
    metadata: MetaData | Callable[[], MetaData],
    found: tuple[Session, Facts] | None = None,
) -> None:
    from app_schema.ddl.naming import NAMING_CONVENTION
    from app_schema.migrations import environment

    environment.run(
        context, metadata, found=found, naming_convention=NAMING_CONVENTION, **environment.OPTIONS
    )
