"""The environment of ``alembic/env.py``.

One transaction a revision; with ``-x autocommit=true`` none; with ``--sql`` a script.
"""

from __future__ import annotations

import logging.config
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData
from sqlalchemy.pool import NullPool

from app_schema import database, gc_tuning
from app_schema.application import Application
from app_schema.errors import INTERRUPTED
from app_schema.events import say
from app_schema.migrations import setup
from app_schema.migrations.bind import on
from app_schema.migrations.compare import PLUGIN
from app_schema.migrations.configuration import SERVED
from app_schema.migrations.impl import guarded
from app_schema.migrations.loading import load
from app_schema.migrations.options import Options, flag
from app_schema.migrations.outer import Outer
from app_schema.migrations.render import item
from app_schema.migrations.runner import Runner
from app_schema.migrations.sentences import sentences
from app_schema.migrations.session import Facts, MigrationSession
from app_schema.migrations.stamping import version_table
from app_schema.target import announce

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

Declaration: TypeAlias = (
    Application | MetaData | Sequence[MetaData] | Callable[[], MetaData | Sequence[MetaData]]
)

PLUGINS = (PLUGIN, "alembic.autogenerate.schemas")
"""Ours, and the one by which Alembic calls the comparators that a project has registered for "schema"."""
DEFAULTS: Mapping[str, Any] = {
    "transaction_per_migration": True,
    "autogenerate_plugins": [*PLUGINS],
    "render_item": item,
}
"""The options of every run that its env.py does not set."""


def run(
    context: EnvironmentContext,
    metadata: Declaration,
    *,
    connection: Any = None,
    run_args: Mapping[str, Any] | None = None,
    probed: tuple[MigrationSession, Facts] | None = None,
    **options: Any,
) -> None:
    """Runs the command of Alembic with the declared metadata.

    A function that returns the metadata is called by the commands that compare; with ``naming_convention``
    only by them, because importing models takes much of the time of an ``upgrade`` without pending revisions.

    :param connection: a connection or an engine, synchronous or not, as is
        ``config.attributes["connection"]``; without one the direct endpoint of ``DATABASE_URL``.
    :param run_args: passed to each ``upgrade()`` and ``downgrade()``, as Alembic's ``run_migrations()`` does.
    :param probed: a session and its facts, if read already.
    :param options: the options of Alembic's ``configure()``; ``search_path``, by default the session's;
        ``naming_convention``; ``managed_schemas``, ``prune``, ``safe``, ``cache``, ``scratch``, each
        overridden by ``-x``; and ``strict``: refuses to alter a column that differs from its ``existing_...``
        arguments, where Alembic alters it; without ``strict`` a warning.
    :raises CommandError: with one sentence; Alembic prints it and exits with a code other than 0.
    """
    _configure_logging(context)
    context.config.attributes[SERVED] = True
    if hasattr(context.config.cmd_opts, "cmd"):
        gc_tuning.freeze()  # Alembic's command line
    if isinstance(metadata, Application):
        app, metadata = metadata, lambda: app.metadata
        options = {**app.options, **options}
    environment = Environment(context, metadata, dict(run_args or {}), options)
    with sentences(context):
        load(context.script, strict=False)  # Alembic accepts two files of one revision
        source = context.config.attributes.get("connection") if connection is None else connection
        if context.is_offline_mode():
            environment.configure_script()
            with context.begin_transaction():
                environment.script()
        elif probed is not None:
            environment.configure(probed[0].connection)
            environment.migrate(probed)
        elif source is not None:
            on(source, environment.configure_and_migrate)
        else:
            target = database.target(direct=True)
            engine = database.engine(target.url, direct=True, poolclass=NullPool)
            with database.connect(engine) as opened:
                announce(opened, target, changes=_changes(context))
                environment.configure_and_migrate(opened)


def _changes(context: EnvironmentContext) -> bool:
    """True for `upgrade`, `downgrade` and `stamp`: the commands with a target revision."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except CommandError:  # an unknown revision, which the command itself reports
        return True
    return True


def _configure_logging(context: EnvironmentContext) -> None:
    """Configures logging from the configuration file, unless an application has configured it."""
    config = context.config
    if config.config_file_name is None or not config.attributes.get("configure_logger", True):
        return
    if config.file_config.has_section("loggers"):
        logging.config.fileConfig(config.config_file_name, disable_existing_loggers=False)


class Environment:
    """One run: the options of env.py and of ``-x``."""

    def __init__(
        self,
        context: EnvironmentContext,
        metadata: Declaration,
        run_args: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        setup()
        self.context = context
        self.metadata = metadata
        self.run_args = run_args
        self.naming_convention = options.pop("naming_convention", None)
        self.options = {**DEFAULTS, **joined(options)}
        self.arguments = context.get_x_argument(as_dictionary=True)

    @property
    def transaction_per_revision(self) -> bool:
        """Each revision is a transaction, or each statement; else all of them share one."""
        transactional = self.context.get_context().impl.transactional_ddl
        return bool(self.options["transaction_per_migration"]) or not transactional

    def configure_script(self) -> None:
        """Configures Alembic for the script of ``--sql``."""
        named = "url" in self.options or "dialect_name" in self.options
        self._configure(
            **({} if named else {"dialect_name": "postgresql"}),
            dialect_opts={"paramstyle": "named"},  # "%" is not doubled
            literal_binds=True,
            **({"transactional_ddl": False} if Options.read(self.arguments).autocommit else {}),
        )

    def script(self) -> None:
        """Writes the script of ``--sql``."""
        from app_schema.migrations.script import write_script

        write_script(self.context.get_context(), self.options.get("search_path"), self.run_args)

    def configure_and_migrate(self, connection: Connection) -> None:
        """Runs the command on a connection."""
        self.configure(connection)
        self.migrate_on(connection)

    def configure(self, connection: Connection) -> None:
        """Configures Alembic for a connection; refuses another kind of database."""
        autocommit = Options.read(self.arguments).autocommit
        if autocommit:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        context = self._configure(
            connection=connection,
            **({"transactional_ddl": False} if autocommit else {}),
            **_compared(self.arguments),
        )
        if autocommit:
            # Alembic's block would leave the connection in transactional mode
            context.autocommit_block = nullcontext  # type: ignore[assignment, method-assign]

    def migrate_on(self, connection: Connection, outer: Outer | None = None) -> None:
        """Runs the command on the connection for which Alembic is configured."""
        database.check_server(connection)
        table, schema = version_table(self.options), self.options.get("version_table_schema")
        session = MigrationSession(connection, table, schema, self.options.get("search_path"))
        self.migrate((session, session.facts()), outer)

    def migrate(self, probed: tuple[MigrationSession, Facts], outer: Outer | None = None) -> None:
        """Runs the command in a configured session.

        :param outer: the transaction that env.py ends.
        """
        session, facts = probed
        migration_context = self.context.get_context()
        if "revision_context" in migration_context.opts:  # autogenerate or check
            migration_context.opts["target_metadata"] = called(self.metadata)
            if chosen := migration_context.opts.get("chosen"):
                say(f"compared {chosen.words}, as -x kinds={self.arguments['kinds']} says")
            self._prove(migration_context, session.connection, facts)
        runner = Runner(
            migration_context,
            session,
            Options.read(_terminal(self.context) | self.arguments),
            outer,
            review=self.context.config.attributes.get("review"),
            run_args=self.run_args,
        )
        try:
            with Operations.context(migration_context):
                runner.run(facts)
        except KeyboardInterrupt as interrupt:
            stopped = f"stopped; {runner.state}. To continue, run the same command again."
            if "moved" in self.context.config.attributes:  # called by an application
                interrupt.add_note(stopped)
                raise
            say(stopped)
            raise SystemExit(INTERRUPTED) from None
        finally:
            moved: list[str] = self.context.config.attributes.setdefault("moved", [])
            runner.when_ended(lambda: moved.extend(runner.state.revisions))

    def _prove(self, migration_context: MigrationContext, connection: Connection, facts: Facts) -> None:
        """Registers the proof of the revision if ``-x prove=true`` is given."""
        opts = migration_context.opts
        if not opts.get("prove"):
            return
        from app_schema.catalog.scratch import Place
        from app_schema.migrations.proof.proof import Proof, after_writing
        from app_schema.migrations.proof.trial import Origin

        options = {**self.options, "naming_convention": self.naming_convention, "on_version_apply": None}

        def migrate(context: EnvironmentContext, on: Connection) -> None:
            Environment(context, self.metadata, dict(self.run_args), dict(options)).configure_and_migrate(on)

        proof = Proof(
            Origin(self.context.config, opts, migrate),
            Place.of(connection, None),
            Place.of(connection, opts.get("scratch")),
            tuple(facts.heads),
            opts["revision_context"],
        )
        after_writing(self.context.script, proof)

    def _configure(self, **options: Any) -> MigrationContext:
        self.context.configure(**{**self.options, "target_metadata": self._naming(), **options})
        return guarded(self.context.get_context())

    def _naming(self) -> Any:
        """The metadata whose naming convention names the unnamed objects of a revision."""
        if self.naming_convention is None:
            return called(self.metadata)
        return MetaData(naming_convention=self.naming_convention)


def called(metadata: Declaration) -> Any:
    """The metadata, or the return value of the function."""
    return metadata() if callable(metadata) else metadata


def joined(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an env.py, completed with the options that every run needs.

    Alembic's own comparators are removed, because ours compares the same objects; other plugins are kept.
    """
    result = dict(options)
    if (render := result.get("render_item")) is not None:
        result["render_item"] = lambda type_, obj, context: (
            item(type_, obj, context) if (rendered := render(type_, obj, context)) is False else rendered
        )
    if (plugins := result.get("autogenerate_plugins")) is not None:
        others = [name for name in plugins if name != PLUGIN and not name.startswith("alembic.autogenerate")]
        result["autogenerate_plugins"] = [*PLUGINS, *others]
    comparisons = ("compare_type", "compare_server_default")
    result["asked"] = {name: result[name] for name in comparisons if result.get(name) is not None}
    if "include_schemas" in result:
        result["every_schema"] = bool(result["include_schemas"])
    return result


def _terminal(context: EnvironmentContext) -> dict[str, str]:
    is_drawn = context.config.attributes.get("configure_logger", True) and sys.stderr.isatty()
    return {"terminal": str(is_drawn).lower()}


def _compared(arguments: Mapping[str, str]) -> dict[str, Any]:
    """The options of the comparator in ``-x``."""
    names = ("prune", "safe", "cache", "prove")
    flags: dict[str, Any] = {name: flag(name, arguments[name]) for name in names if name in arguments}
    if "schemas" in arguments:
        flags["managed_schemas"] = {schema.strip() for schema in arguments["schemas"].split(",")}
    if "kinds" in arguments:
        from app_schema.migrations.compare.chosen import Chosen

        flags["chosen"] = Chosen.read(arguments["kinds"])
    return {**flags, **{name: arguments[name] for name in ("scratch", "zone") if name in arguments}}
