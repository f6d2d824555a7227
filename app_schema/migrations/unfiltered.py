"""Handwritten SQL that creates a function of SQL on a table with row security.

PostgreSQL applies row security to a body of SQL when it creates the function. With ``row_security = off`` it
raises, although it reads no row: the setting is on meanwhile, as for the operations (:class:`.Guard`).
"""

from __future__ import annotations

import re

from app_schema.ddl.lexer import Token, statements

ON = (
    "SELECT set_config('app_schema.row_security', current_setting('row_security'), false), "
    "set_config('row_security', 'on', false)"
)
"""The statement before it. For the session: in autocommit a local setting would end with this statement."""
AGAIN = "SELECT set_config('row_security', current_setting('app_schema.row_security'), false)"
"""The statement after it."""
_IN_SQL = re.compile(r"\bLANGUAGE\s+['\"]?SQL\b|\bBEGIN\s+ATOMIC\b|\bRETURN\b", re.IGNORECASE)
_ROUTINES = {"FUNCTION", "PROCEDURE"}
_READS_NOTHING = {*_ROUTINES, "TRIGGER", "VIEW", "POLICY", "TYPE", "DOMAIN"}


def creates_function(sql: str) -> bool:
    """True if the text creates a function of SQL, and no statement of it reads or writes rows."""
    if not _IN_SQL.search(sql):
        return False
    created = [_created(statement) for statement in statements(sql) if statement]
    return not _ROUTINES.isdisjoint(created) and None not in created


def _created(statement: list[Token]) -> str | None:
    """The kind of object that a statement creates, or its command; None: the statement may use rows."""
    command, *words = [token.text.upper() for token in statement[:4]]
    if command in {"GRANT", "REVOKE", "COMMENT"}:
        return command
    kind = next((word for word in words if word not in {"OR", "REPLACE"}), "")
    return kind if command in {"CREATE", "ALTER", "DROP"} and kind in _READS_NOTHING else None
