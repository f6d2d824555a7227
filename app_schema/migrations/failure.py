"""A server's refusal as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.guard import DIFFERENT
from app_schema.errors import AppSchemaError, DifferentError, StatementError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError


def explained(error: DBAPIError) -> AppSchemaError:
    """What PostgreSQL said, without statement and parameters: those may hold what nobody should read."""
    diagnostic = getattr(error.orig, "diag", None)
    state = getattr(error.orig, "sqlstate", None)
    message = (diagnostic.message_primary if diagnostic else None) or str(error.orig)
    lines = [message]
    if diagnostic is not None:
        lines += [
            line
            for line in (
                diagnostic.message_detail,
                diagnostic.message_hint and f"hint: {diagnostic.message_hint}",
            )
            if line
        ]
    if state == DIFFERENT:
        return DifferentError("\n".join(lines))
    if state:
        lines[0] += f" (SQLSTATE {state})"
    return StatementError("\n".join(lines))
