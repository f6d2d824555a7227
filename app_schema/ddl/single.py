"""One statement a text.

EXECUTE of PL/pgSQL and the simple protocol execute every statement of a text. An expression or a type of an
operation is part of one statement, so whatever follows the end of this statement is refused.
"""

from __future__ import annotations

import re

from app_schema.ddl.lexer import statements
from app_schema.ddl.sql import NAME
from app_schema.errors import ModelError

_ACTION = re.compile(rf"\s*ALTER\s+TABLE\s+(ONLY\s+)?{NAME}(\.{NAME})?\s+(ADD|ALTER)\b", re.IGNORECASE)
"""An ALTER TABLE whose action has an expression, a type or a definition."""


def single(statement: str) -> str:
    """The statement; a semicolon at its end is allowed.

    :raises ModelError: if the text has several statements, or several actions of one ALTER TABLE.
    """
    acts = _ACTION.match(statement) is not None
    if ";" not in statement and not (acts and "," in statement):
        return statement
    first, *others = statements(statement)
    if any(others):
        raise ModelError(
            "an argument of SQL text ends its statement, and another one follows: write "
            f"op.execute(...) for the other one\nin: {statement[:2000]}"
        )
    if acts and any(token.text == "," and token.depth == 0 for token in first):
        raise ModelError(
            "an argument of SQL text ends its action of ALTER TABLE, and another one follows: write an "
            f"operation for the other one\nin: {statement[:2000]}"
        )
    return statement
