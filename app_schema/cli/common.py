"""Shared by the commands: options, the database, and one sentence for an error.

Large packages are imported when a command runs, so `--help` is instant.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from app_schema import streams
from app_schema.cli.address import see
from app_schema.cli.output import machine, talk
from app_schema.errors import INTERRUPTED

if TYPE_CHECKING:
    import sqlalchemy as sa

    from app_schema.application import Application
    from app_schema.target import Target

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The database, instead of the one that DATABASE_URL names."),
]
Scratch = Annotated[
    str | None,
    typer.Option("--scratch", metavar="URL", help="A server where the role may create a database."),
]
App = Annotated[
    str | None,
    typer.Option(
        "--app", metavar="MODULE:NAME", help="The application, instead of the one in pyproject.toml."
    ),
]


def _version(requested: bool) -> None:  # noqa: FBT001 - typer's callback
    if requested:
        from app_schema.installed import version

        print(version())
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
]
Json = Annotated[bool, typer.Option("--json", help="Print data for machines.")]

_AS_JSON = "app_schema.json"
"""Key of typer's context: errors are data too."""
_MISSING = {"3F000", "42P01", "42703", "42704", "42883"}
"""SQLSTATEs of an absent schema, table, column, object or function."""

DIFFERENT = 1
UNKNOWN = 2


_chosen: ContextVar[str | None] = ContextVar("app_schema_application", default=None)


def choose(reference: str | None) -> None:
    """Has the commands work for this application."""
    _chosen.set(reference)


def chosen() -> str | None:
    """The application that ``--app`` names."""
    return _chosen.get()


def application() -> Application:
    """The application of ``--app``, else of pyproject.toml, else MUED's.

    :raises ConfigurationError: where it cannot be imported.
    """
    from app_schema.application import find

    return find(chosen())


class Commands(TyperGroup):
    """The commands; an error that a person can correct is one sentence.

    The exit code is 1 where the reason is a difference that was refused, else 2.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The named command; whether it prints JSON."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # at the end of the process, Python ignores that the disk is full
        except KeyboardInterrupt as interrupt:  # its note says what is done
            for note in getattr(interrupt, "__notes__", ()):
                talk(note)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            as_json = ctx.meta.pop(_AS_JSON, False)  # nested groups report it once
            # Typer ends commands by exceptions too; explaining an error imports much
            if type(error).__module__.startswith("typer.") or isinstance(error, BrokenPipeError):
                if as_json and hasattr(error, "format_message"):  # a wrong option
                    machine({"error": error.format_message()})
                raise
            sentence = explained(error)
            if sentence is None:  # an error of this program: exit code 1 would mean a difference
                traceback.print_exc()
                raise typer.Exit(UNKNOWN) from error
            from app_schema.errors import DifferentError

            problem(sentence)
            if as_json:
                machine({"error": sentence, "see": see(sentence)})
            refused = isinstance(error, DifferentError) or isinstance(error.__cause__, DifferentError)
            raise typer.Exit(DIFFERENT if refused else UNKNOWN) from error


class Program(Commands):
    """The engine's commands, and those of the application behind them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return [*super().list_commands(ctx), *self._further(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name."""
        if (command := super().get_command(ctx, cmd_name)) is not None:
            return command
        reference = self._further(ctx).get(cmd_name)
        if reference is None:
            return None
        from app_schema.application import load

        program = typer.Typer(pretty_exceptions_enable=False)
        program.command(name=cmd_name)(load(reference))
        return typer.main.get_command(program)

    def _further(self, ctx: Any) -> dict[str, str]:
        if ctx.params.get("app") is not None:
            choose(ctx.params["app"])
        return {reference.rpartition(":")[2]: reference for reference in application().commands}


def problem(sentence: str) -> None:
    """The message, and the address of its explanation in the documentation."""
    talk(f"{sentence}\n{see(sentence)}")


def explained(error: Exception) -> str | None:
    """The message without secrets; None for an error of this program."""
    from alembic.util import CommandError
    from psycopg import Error
    from sqlalchemy.exc import DBAPIError, PendingRollbackError

    from app_schema.database import describe_failure
    from app_schema.errors import AppSchemaError

    if isinstance(error, PendingRollbackError):  # the end of a block has used the connection that is lost
        error = next((cause for cause in _before(error) if isinstance(cause, (DBAPIError, Error))), error)
    if isinstance(error, (AppSchemaError, CommandError)):
        return str(error)
    if isinstance(error, (DBAPIError, Error)):
        cause = error.orig if isinstance(error, DBAPIError) else error
        missing = getattr(cause, "sqlstate", None) in _MISSING
        return describe_failure(error) + (" Run app-schema upgrade." if missing else "")
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, OSError) and (sentence := streams.refused(error)):
        return sentence
    if isinstance(error, UnicodeEncodeError):  # of an argument that is no text, or of the output
        return f"{error.object[error.start : error.end]!a} cannot be encoded as {error.encoding}."
    return None


def _before(error: BaseException) -> Iterator[BaseException]:
    """The errors during whose handling an error was raised, the last one first."""
    while error.__context__ is not None:
        error = error.__context__
        yield error


@contextmanager
def needs(what: str, extra: str) -> Iterator[None]:
    """Imports of an extra: if a package is absent, one sentence on how to install it, and exit code 2."""
    try:
        yield
    except ModuleNotFoundError as error:
        from app_schema.installed import install_line

        talk(f"{what} needs {error.name}: {install_line(extra)}")
        raise typer.Exit(UNKNOWN) from error


def target(url: str | None, *, direct: bool = False) -> Target:
    """The database of `--url`, else of the settings, else the embedded server."""
    from app_schema import database
    from app_schema.migrations.copies import refuse_other_here

    refuse_other_here()
    return database.target(url, direct=direct)


@contextmanager
def opened(target: Target, *, changes: bool = False) -> Iterator[sa.Connection]:
    """A connection to a database, closed at the end; a command that changes it first names the database."""
    from sqlalchemy.pool import NullPool

    from app_schema import database
    from app_schema.migrations.watch import watched
    from app_schema.target import announce

    with database.connect(database.pin(database.engine(target.url, poolclass=NullPool))) as connection:
        announce(connection, target, changes=changes)
        try:
            with nullcontext() if changes else watched(connection.connection.driver_connection):
                yield connection
        except KeyboardInterrupt:  # a command may be half read: ROLLBACK would fail
            connection.invalidate()
            raise


def connected(url: str | None, *, changes: bool = False) -> AbstractContextManager[sa.Connection]:
    """A connection to the database of `--url` or the settings, at its direct endpoint."""
    return opened(target(url, direct=True), changes=changes)


def finish(*, well: bool) -> None:
    """Ends the command: exit code 0 where all is as it should be, 1 where something differs."""
    raise typer.Exit(0 if well else DIFFERENT)
