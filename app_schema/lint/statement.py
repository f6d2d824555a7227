"""SQL of `op.execute`: whether a second run is safe."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Literal

from app_schema.ddl.lexer import statements

Verdict = Literal["data", "converges", "by-name", "unguarded", "unreadable"]

_DATA = re.compile(
    r"(WITH\b.*\b)?(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|SELECT|CALL)\b", re.IGNORECASE | re.DOTALL
)
_BY_NAME = re.compile(
    r"\b(CREATE\s+OR\s+REPLACE|(CREATE(\s+\w+){1,3}|ADD(\s+\w+)?)\s+IF\s+NOT\s+EXISTS"
    r"|DROP(\s+\w+){1,3}\s+IF\s+EXISTS|WHEN\s+(duplicate|undefined)_\w+)\b",
    re.IGNORECASE,
)
"""SQL that checks only a name, or that suppresses the error of an existing name."""
_HOLDS_ANOTHER = re.compile(r"(DO|ALTER)\b", re.IGNORECASE)
_RENAMES = re.compile(r"ALTER\b.*\bRENAME\b", re.IGNORECASE | re.DOTALL)
# Statements that PostgreSQL repeats safely. A DO block is a guard by its author.
_CONVERGES = re.compile(
    r"(DO|COMMENT|GRANT|REVOKE|SET|RESET|ANALYZE|VACUUM|REFRESH|REINDEX|CLUSTER|LOCK"
    r"|ALTER\s+(DATABASE|ROLE|SYSTEM|DEFAULT\s+PRIVILEGES))\b",
    re.IGNORECASE,
)


def verdicts(sql: str | None) -> list[Verdict]:
    """The kind of each statement; `unreadable` for SQL that the code does not show (None)."""
    if sql is None:
        return ["unreadable"]
    parts = [statement for statement in statements(sql) if statement]
    return [_verdict(sql[statement[0].start : statement[-1].end]) for statement in parts] or ["unguarded"]


def _verdict(statement: str) -> Verdict:
    if _DATA.match(statement):
        return "data"
    if _BY_NAME.match(statement) or (_HOLDS_ANOTHER.match(statement) and _BY_NAME.search(statement)):
        return "by-name"
    return "converges" if _CONVERGES.match(statement) and not _RENAMES.match(statement) else "unguarded"


def text(node: ast.expr, constants: Mapping[str, ast.expr]) -> str | None:
    """The SQL of an expression: a literal, `sa.text(...)` of one, a constant of the module, or the start of
    an f-string. None: built at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in constants:
        return text(constants[node.id], {})
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        return text(node.args[0], constants) if name in {"text", "DDL", "dedent"} else None
    if isinstance(node, ast.JoinedStr) and node.values:
        parts = [str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values]
        return "".join(parts) if isinstance(node.values[0], ast.Constant) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text(node.left, constants)
    return None
