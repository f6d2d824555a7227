"""What ``ALTER TABLE`` sets and no metadata declares: CLUSTER, REPLICA IDENTITY, statistics, storage."""

from __future__ import annotations

import re

from app_schema.ddl.sql import qualified
from app_schema.errors import ModelError

_COLUMN = r'ALTER COLUMN (?:"(?:[^"]|"")+"|[^\s"]+) SET '
_CONVERGES = re.compile(
    rf"CLUSTER ON .+|SET WITHOUT CLUSTER|REPLICA IDENTITY .+|(?:RE)?SET \(.+\)|SET (?:UN)?LOGGED"
    rf"|{_COLUMN}(?:STATISTICS|STORAGE|COMPRESSION) \S+|{_COLUMN}\(.+\)",
    re.IGNORECASE | re.DOTALL,
)


def alter(table: str, action: str, schema: str | None) -> str:
    """``ALTER TABLE table action``, for the actions that PostgreSQL itself makes safe to repeat.

    :raises ModelError: for another action.
    """
    if _CONVERGES.fullmatch(action) is None:
        msg = (
            f"op.alter_table takes CLUSTER ON, REPLICA IDENTITY, SET (...), SET LOGGED, SET UNLOGGED, and "
            f"of a column SET STATISTICS, STORAGE and COMPRESSION, not {action!r}"
        )
        raise ModelError(msg)
    return f"ALTER TABLE {qualified(table, schema)} {action}"
