"""A server's refusal as a sentence."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

from app_schema import pinned
from app_schema.ddl.block import ABSENT, DIFFERENT
from app_schema.errors import AppSchemaError, DifferentError, ServerError, StatementError

_GONE = ("57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04")
"""SQLSTATEs of a session that the server ended: administrator, crash, DROP DATABASE, idle timeout."""


def explained(error: DBAPIError | psycopg.Error, *, place: str = "") -> AppSchemaError:
    """The error of PostgreSQL without statement and parameters, which may contain secrets.

    :param place: file and line of the revision, as a prefix.
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
        sentence = " ".join(message.split()).rstrip(".")
        return ServerError(
            f"{place}the connection was lost: {sentence}. Committed revisions are kept; "
            "to continue, run the same command again."
        )
    if state and not state.startswith("AS"):  # ours need no code
        lines[0] += f" (SQLSTATE {state})"
    kind = DifferentError if state in {DIFFERENT, ABSENT} else StatementError
    refusal = kind("\n".join(lines))
    refusal.sqlstate = state
    return refusal
