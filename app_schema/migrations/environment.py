"""What ``alembic/env.py`` runs.

One transaction a revision; or none, with ``-x autocommit=true``; or, with ``--sql``, a script.
"""

from __future__ import annotations

import logging.config
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app_schema import database
from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.migrations import setup
from app_schema.migrations.compare import PLUGIN
from app_schema.migrations.failure import explained
from app_schema.migrations.render import item

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import Connection, MetaData

OPTIONS: dict[str, Any] = {
    "transaction_per_migration": True,
    "version_table_schema": "public",
    "include_schemas": True,
    "autogenerate_plugins": [PLUGIN],
    "render_item": item,
}
"""What every run is configured with."""


def run(context: EnvironmentContext, metadata: MetaData) -> None:
    """Runs the command that Alembic was called with against the declared metadata.

    The connection is ``config.attributes["connection"]`` where an application hands one in, else the direct
    endpoint of ``DATABASE_URL``.

    :raises CommandError: one sentence for whatever went wrong; Alembic prints it and exits with another code
        than 0.
    """
    setup()
    if context.config.config_file_name is not None and context.config.attributes.get(
        "configure_logger", True
    ):
        logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    try:
        if context.is_offline_mode():
            _script(context, metadata)
        elif (connection := context.config.attributes.get("connection")) is not None:
            _migrate(context, metadata, connection)
        else:
            engine = database.engine(direct=True, poolclass=NullPool)
            with database.connect(engine) as connection:
                _migrate(context, metadata, connection)
    except AppSchemaError as error:
        raise CommandError(_place(context, error) + str(error)) from error
    except DBAPIError as error:
        raise CommandError(_place(context, error) + str(explained(error))) from error


def _script(context: EnvironmentContext, metadata: MetaData) -> None:
    autocommit = _flag(context, "autocommit")
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # one "%" stays one "%"
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=not autocommit,
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def _migrate(context: EnvironmentContext, metadata: MetaData, connection: Connection) -> None:
    autocommit = _flag(context, "autocommit")
    if autocommit:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    database.check_server(connection)
    connection.rollback()  # what was read so far must not look like a transaction of the caller's
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=not autocommit,
        **OPTIONS,
        **_compared(context),
    )
    _pin_search_path(connection)
    with context.begin_transaction():
        context.run_migrations()


def _pin_search_path(connection: Connection) -> None:
    """Fixes how names are read, whatever the role or the database has set: where the extensions are.

    Revisions name every object with its schema, but types and operator classes of extensions without.
    """
    connection.exec_driver_sql("SET search_path = public")
    connection.commit()  # else it is the caller's transaction, and Alembic leaves committing to the caller


def _compared(context: EnvironmentContext) -> dict[str, Any]:
    """The comparator's options that were given with ``-x``."""
    given = context.get_x_argument(as_dictionary=True)
    flags: dict[str, Any] = {name: _flag(context, name) for name in ("prune", "safe") if name in given}
    return {**flags, **({"scratch": given["scratch"]} if "scratch" in given else {})}


def _flag(context: EnvironmentContext, name: str) -> bool:
    given = context.get_x_argument(as_dictionary=True).get(name, "false")
    if given not in {"true", "false"}:
        msg = f"-x {name}={given} is neither true nor false"
        raise ConfigurationError(msg)
    return given == "true"


def _place(context: EnvironmentContext, error: BaseException) -> str:
    """File and line of the revision in which an error arose, where it arose in one."""
    script = context.script
    versions = {
        Path(path).resolve() for path in script.version_locations or [str(Path(script.dir) / "versions")]
    }
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).resolve().parent in versions:
            return f"{Path(frame.filename).name}, line {frame.lineno}: "
    return ""
