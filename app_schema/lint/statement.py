"""SQL handed to `op.execute`: what it does when it runs a second time."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Literal

Verdict = Literal["data", "converges", "unguarded", "unreadable"]

_COMMENT = re.compile(r"\s*(--[^\n]*\n|/\*.*?\*/)", re.DOTALL)
_DATA = re.compile(
    r"(WITH\b.*\b)?(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|SELECT|CALL)\b", re.IGNORECASE | re.DOTALL
)
# Statements that PostgreSQL makes repeatable. A DO block is its author's own guard.
_CONVERGES = re.compile(
    r"(DO|COMMENT|GRANT|REVOKE|SET|RESET|ANALYZE|VACUUM|REFRESH|REINDEX|CLUSTER|LOCK|CREATE\s+OR\s+REPLACE"
    r"|CREATE(\s+\w+){1,3}\s+IF\s+NOT\s+EXISTS|DROP(\s+\w+){1,3}\s+IF\s+EXISTS"
    r"|ALTER\s+(DATABASE|ROLE|SYSTEM|DEFAULT\s+PRIVILEGES))\b",
    re.IGNORECASE,
)


def verdict(sql: str | None) -> Verdict:
    """The kind of a statement; None, a statement built at run time, is `unreadable`."""
    if sql is None:
        return "unreadable"
    while comment := _COMMENT.match(sql):
        sql = sql[comment.end() :]
    sql = sql.strip()
    if _DATA.match(sql):
        return "data"
    return "converges" if _CONVERGES.match(sql) else "unguarded"


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
