"""What ``alembic/env.py`` runs.

One transaction a revision; or none, with ``-x autocommit=true``; or, with ``--sql``, a script.
"""

from __future__ import annotations

import asyncio
import logging.config
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.pool import NullPool

from app_schema import database
from app_schema.ddl.naming import NAMING_CONVENTION
from app_schema.errors import AppSchemaError, ConfigurationError
from app_schema.migrations import setup
from app_schema.migrations.compare import PLUGIN
from app_schema.migrations.failure import explained
from app_schema.migrations.options import Options, flag
from app_schema.migrations.progress import say
from app_schema.migrations.render import item
from app_schema.migrations.runner import Runner
from app_schema.migrations.session import Facts, Session
from app_schema.target import announce

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.ext.asyncio import AsyncEngine  # needs greenlet, which not everybody has

_PLACED = re.compile(r"[^\s/]+\.py(, line \d+)?: ")
INTERRUPTED = 130
"""Exit code after Ctrl-C, as a shell gives it."""
VERSION_TABLE = "alembic_version"
OPTIONS: dict[str, Any] = {
    "transaction_per_migration": True,
    "version_table_schema": "public",
    "include_schemas": True,
    "autogenerate_plugins": [PLUGIN],
    "render_item": item,
}
"""What every run is configured with."""


def run(
    context: EnvironmentContext,
    metadata: MetaData | Callable[[], MetaData],
    *,
    found: tuple[Session, Facts] | None = None,
    **comparing: Any,
) -> None:
    """Runs the command that Alembic was called with against the declared metadata.

    A function that gives the metadata is called by the commands that compare, and by no other: importing
    models takes a good part of the time of an ``upgrade`` that finds nothing to do. Names in revisions are
        then made by :data:`app_schema.ddl.naming.NAMING_CONVENTION`.

    :param found: a session and its facts, where they are known already.
    :param comparing: options of autogenerate and check: ``include_name`` and ``include_object`` as of
        Alembic's ``configure()``, ``managed_schemas``, and those that ``-x`` overrules: ``prune``, ``safe``,
        ``cache``, ``scratch``.

    ``config.attributes["connection"]`` may be a connection or an engine of an application, synchronous or
    not; else the direct endpoint of ``DATABASE_URL`` is used.

    :raises CommandError: one sentence for whatever went wrong; Alembic prints it and exits with another code
        than 0.
    """
    setup()
    _configure_logging(context)
    try:
        if context.is_offline_mode():
            _script(context, metadata)
        elif found is not None:
            _migrate(context, metadata, found, comparing)
        elif (given := context.config.attributes.get("connection")) is not None:
            _on(given, lambda connection: _migrate(context, metadata, _surveyed(connection), comparing))
        else:
            target = database.target(direct=True)
            engine = database.engine(target.url, direct=True, poolclass=NullPool)
            with database.connect(engine) as connection:
                announce(connection, target, changes=_changes(context))
                _migrate(context, metadata, _surveyed(connection), comparing)
    except AppSchemaError as error:
        raise CommandError(_place(context, error) + str(error)) from error
    except (DBAPIError, psycopg.Error) as error:
        raise CommandError(_place(context, error) + str(explained(error))) from error
    except PendingRollbackError as error:
        # the end of Alembic's autocommit_block asks a dead connection for more, which hides why it died
        raise CommandError(_place(context, error) + str(error.__context__ or error)) from error


def _changes(context: EnvironmentContext) -> bool:
    """True for `upgrade`, `downgrade` and `stamp`: the commands that go to a revision."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except CommandError:  # of a revision that is not known, which the command will say itself
        return True
    return True


def _configure_logging(context: EnvironmentContext) -> None:
    """As the configuration file says, where it speaks of logging and no application has set it up."""
    config = context.config
    if config.config_file_name is None or not config.attributes.get("configure_logger", True):
        return
    if config.file_config.has_section("loggers"):
        logging.config.fileConfig(config.config_file_name, disable_existing_loggers=False)


def _on(given: Any, migrate: Callable[[Connection], None]) -> None:
    """Migrates on what an application hands in: a connection or an engine, synchronous or not."""
    if hasattr(given, "run_sync"):
        _refuse_loop(given)
    elif hasattr(given, "sync_engine"):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(_on_async(given, migrate))
        else:
            _refuse_loop(given)
    elif isinstance(given, Engine):
        with database.connect(given) as connection:
            migrate(connection)
    else:
        migrate(given)


async def _on_async(engine: AsyncEngine, migrate: Callable[[Connection], None]) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()  # its connections belong to the event loop that ends here


def _refuse_loop(given: Any) -> NoReturn:
    raise ConfigurationError(
        f"{type(given).__name__} is asynchronous: await app_schema.migrations.upgrade_async(...), or hand in "
        "the connection that its run_sync() gives"
    )


def _naming(metadata: MetaData | Callable[[], MetaData]) -> MetaData:
    """The metadata whose naming convention names what a revision leaves unnamed."""
    return metadata if isinstance(metadata, MetaData) else MetaData(naming_convention=NAMING_CONVENTION)


def _script(context: EnvironmentContext, metadata: MetaData | Callable[[], MetaData]) -> None:
    autocommit = Options.read(context.get_x_argument(as_dictionary=True)).autocommit
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # one "%" stays one "%"
        target_metadata=_naming(metadata),
        literal_binds=True,
        transactional_ddl=not autocommit,
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def _surveyed(connection: Connection) -> tuple[Session, Facts]:
    database.check_server(connection)
    session = Session(connection, VERSION_TABLE, OPTIONS["version_table_schema"])
    return session, session.facts()


def _migrate(
    context: EnvironmentContext,
    metadata: MetaData | Callable[[], MetaData],
    found: tuple[Session, Facts],
    comparing: dict[str, Any],
) -> None:
    session, facts = found
    connection = session.connection
    options = Options.read(_terminal(context) | context.get_x_argument(as_dictionary=True))
    if options.autocommit:
        connection.execution_options(isolation_level="AUTOCOMMIT")
    context.configure(
        connection=connection,
        target_metadata=_naming(metadata),
        transactional_ddl=not options.autocommit,
        **OPTIONS,
        **{**comparing, **_compared(context)},
    )
    migration_context = context.get_context()
    if options.autocommit:
        # Alembic's block would end with the connection in transactions
        migration_context.autocommit_block = nullcontext  # type: ignore[assignment, method-assign]
    if "revision_context" in migration_context.opts:  # a revision is to be generated, or checked for
        declared = metadata if isinstance(metadata, MetaData) else metadata()
        migration_context.opts["target_metadata"] = declared
    runner = Runner(migration_context, session, options, context.config.attributes.get("review"))
    try:
        with Operations.context(migration_context):
            runner.run(facts)
    except KeyboardInterrupt as interrupt:
        stopped = f"stopped; {_listed(runner.revisions)} landed. The same command goes on from there."
        if "landed" in context.config.attributes:  # an application called
            interrupt.add_note(stopped)
            raise
        say(stopped)
        raise SystemExit(INTERRUPTED) from None
    finally:
        context.config.attributes.setdefault("landed", []).extend(runner.revisions)


def _listed(revisions: list[str]) -> str:
    return ", ".join(revisions) or "nothing has"


def _terminal(context: EnvironmentContext) -> dict[str, str]:
    drawn = context.config.attributes.get("configure_logger", True) and sys.stderr.isatty()
    return {"terminal": str(drawn).lower()}


def _compared(context: EnvironmentContext) -> dict[str, Any]:
    """The comparator's options that were given with ``-x``."""
    given = context.get_x_argument(as_dictionary=True)
    names = ("prune", "safe", "cache")
    flags: dict[str, Any] = {name: flag(name, given[name]) for name in names if name in given}
    if "schemas" in given:
        flags["managed_schemas"] = {one.strip() for one in given["schemas"].split(",")}
    return {**flags, **({"scratch": given["scratch"]} if "scratch" in given else {})}


def _place(context: EnvironmentContext, error: BaseException) -> str:
    """File and line of the revision in which an error arose, where it arose in one and does not say so.

    A statement that was kept back is refused later than it was written, maybe in another revision's turn.
    """
    if _PLACED.match(str(error)):
        return ""
    script = context.script
    versions = {
        Path(path).resolve() for path in script.version_locations or [str(Path(script.dir) / "versions")]
    }
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).resolve().parent in versions:
            return f"{Path(frame.filename).name}, line {frame.lineno}: "
    return ""
