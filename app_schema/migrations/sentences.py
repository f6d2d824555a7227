"""One sentence, with file and line, for an error that a person can act on."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic import op
from alembic.util import CommandError
from sqlalchemy.exc import (
    ArgumentError,
    CompileError,
    DBAPIError,
    ObjectNotExecutableError,
    PendingRollbackError,
)

from app_schema.errors import AppSchemaError, ModelError
from app_schema.migrations.failure import explained
from app_schema.migrations.loading import is_revision, line_in, missing_function

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

_PLACED = re.compile(r"[^\s/]+\.py(, line \d+)?: ")


@contextmanager
def sentences(context: EnvironmentContext) -> Iterator[None]:
    """One sentence, with the revision's file and line, for what a person can act on."""
    try:
        yield
    except AppSchemaError as error:
        raise CommandError(_place(context, error) + str(error)) from error
    except (DBAPIError, psycopg.Error) as error:
        refusal = explained(error)
        raise CommandError(_place(context, error) + str(refusal)) from refusal.with_traceback(
            error.__traceback__
        )
    except (TypeError, AttributeError, ArgumentError, CompileError, ObjectNotExecutableError) as error:
        absent = missing_function(context.script, error) if isinstance(error, AttributeError) else ""
        place = _place(context, error)
        if not absent and not (place and _of_operation(context, error)):
            raise
        raise CommandError(absent or f"{place}{error}") from error
    except PendingRollbackError as error:
        # the exit of Alembic's autocommit_block uses the lost connection, and its error would hide the cause
        raise CommandError(_place(context, error) + str(error.__context__ or error)) from error


@contextmanager
def located(file: str) -> Iterator[None]:
    """Errors of a call of an operation, with the file and line of the revision that is read, but not run.

    :param file: of the revision.
    :raises AppSchemaError: of the same class; ModelError for an operation or argument that does not exist.
    """
    try:
        yield
    except AppSchemaError as error:
        if _PLACED.match(str(error)):
            raise
        raise type(error)(line_of(file, error) + str(error)) from error
    except (AttributeError, TypeError) as error:
        # a query returns None, so other errors of these classes may be those of a query
        absent = isinstance(error, AttributeError) and error.obj is op
        if not absent and not re.search("(keyword|positional) argument", str(error)):
            raise
        raise ModelError(line_of(file, error) + f"{error}.") from error


def line_of(file: str, error: BaseException) -> str:
    """The last line of the file that the error passed, as the start of a sentence."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{Path(file).name}, line {lines[-1]}: " if lines else ""


def _of_operation(context: EnvironmentContext, error: BaseException) -> bool:
    """True if the line of a revision that raised an error calls an operation: an argument is wrong."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line or "" for frame in frames if is_revision(context.script, frame.filename)]
    return bool(lines) and re.match(r"(with |return |\w+ = )?(op|batch_op)\.", lines[-1]) is not None


def _place(context: EnvironmentContext, error: BaseException) -> str:
    """File and line of the revision that caused an error, if the message lacks it.

    A queued statement is refused later, possibly while another revision runs.
    """
    if _PLACED.match(str(error)):
        return ""
    place = line_in(context.script, error)
    return f"{place[0].name}, line {place[1]}: " if place else ""
