"""A server's refusal as a sentence."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

from app_schema import pinned
from app_schema.ddl.block import ABSENT, DIFFERENT
from app_schema.errors import AppSchemaError, DifferentError, ServerError, StatementError

_GONE = ("57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04")
"""The server ended the session: by an administrator, a crash, DROP DATABASE, a timeout of idleness."""


def explained(error: DBAPIError | psycopg.Error, *, place: str = "") -> AppSchemaError:
    """What PostgreSQL said, without statement and parameters: those may hold what nobody should read.

    :param place: file and line of the revision, to stand before it.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    diagnostic = cause.diag if isinstance(cause, psycopg.Error) else None
    state = getattr(cause, "sqlstate", None)
    message = (diagnostic.message_primary if diagnostic else None) or str(cause).strip()
    lines = [place + message]
    if diagnostic is not None:
        lines += [
            line
            for line in (
                diagnostic.message_detail,
                diagnostic.message_hint and f"hint: {diagnostic.message_hint}",
            )
            if line
        ]
    if remedy := pinned.remedy(diagnostic):
        lines.append(f"hint: {remedy}")
    if state in _GONE or (state is None and isinstance(cause, psycopg.OperationalError)):
        said = " ".join(message.split()).rstrip(".")
        return ServerError(
            f"{place}the connection was lost: {said}. What was committed stays; "
            "run the same command again to go on."
        )
    if state and not state.startswith("AS"):  # ours say all in words
        lines[0] += f" (SQLSTATE {state})"
    kind = DifferentError if state in {DIFFERENT, ABSENT} else StatementError
    found = kind("\n".join(lines))
    found.sqlstate = state
    return found
