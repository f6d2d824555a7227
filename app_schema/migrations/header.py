"""What a generated revision says of itself: what it does, which locks it takes, what it loses."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from typing import NamedTuple

from app_schema.migrations.layout import WIDTH

LOCKS = {
    "add_column": "ACCESS EXCLUSIVE",
    "drop_column": "ACCESS EXCLUSIVE",
    "alter_column": "ACCESS EXCLUSIVE",
    "drop_table": "ACCESS EXCLUSIVE",
    "alter_table": "ACCESS EXCLUSIVE",
    "rename_table": "ACCESS EXCLUSIVE",
    "rename_constraint": "ACCESS EXCLUSIVE",
    "create_index": "SHARE",
    "drop_index": "ACCESS EXCLUSIVE",
    "create_table_index": "SHARE",
    "drop_table_index": "ACCESS EXCLUSIVE",
    "create_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "drop_index_concurrently": "SHARE UPDATE EXCLUSIVE",
    "create_foreign_key": "SHARE ROW EXCLUSIVE",
    "create_check_constraint": "ACCESS EXCLUSIVE",
    "create_unique_constraint": "ACCESS EXCLUSIVE",
    "create_primary_key": "ACCESS EXCLUSIVE",
    "create_exclude_constraint": "ACCESS EXCLUSIVE",
    "create_table_constraint": "ACCESS EXCLUSIVE",
    "drop_table_constraint": "ACCESS EXCLUSIVE",
    "drop_constraint": "ACCESS EXCLUSIVE",
    "validate_constraint": "SHARE UPDATE EXCLUSIVE",
    "create_trigger": "SHARE ROW EXCLUSIVE",
    "drop_trigger": "ACCESS EXCLUSIVE",
    "replace_trigger": "ACCESS EXCLUSIVE",
    "create_policy": "ACCESS EXCLUSIVE",
    "drop_policy": "ACCESS EXCLUSIVE",
    "replace_policy": "ACCESS EXCLUSIVE",
    "enable_row_security": "ACCESS EXCLUSIVE",
    "disable_row_security": "ACCESS EXCLUSIVE",
    "replace_row_security": "ACCESS EXCLUSIVE",
    "replace_enum": "ACCESS EXCLUSIVE",
}
"""The lock that each operation takes on its table, strongest where several are taken. Source: PostgreSQL's
ALTER TABLE page."""
_LOSES = {"drop_table": "the rows of {0}", "drop_column": "the values of {0}.{1}"}
STRENGTH = ["SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]
_TABLE_IS_SECOND = {
    "create_index",
    "drop_index",
    "create_index_concurrently",
    "drop_index_concurrently",
    "create_foreign_key",
    "create_check_constraint",
}
_TABLE_IS_SECOND |= {
    "create_unique_constraint",
    "create_primary_key",
    "create_exclude_constraint",
    "create_table_constraint",
    "drop_table_constraint",
}
_TABLE_IS_SECOND |= {
    "drop_constraint",
    "validate_constraint",
    "create_trigger",
    "drop_trigger",
    "replace_trigger",
    "create_policy",
    "drop_policy",
    "replace_policy",
}


class _Call(NamedTuple):
    """One operation of a revision: the texts of its arguments, by place and by name."""

    name: str
    args: list[str]
    said: dict[str, str]


def header(upgrades: str, downgrades: str) -> str:
    """The paragraphs of the docstring of a revision with this code."""
    up, down = _calls(upgrades), _calls(downgrades)
    if not up:
        return "Locks: say which existing tables are locked, and how.\nDowngrade: say whether it loses data."
    counts = Counter(one.name for one in up)
    does = ", ".join(f"{count} {name}" for name, count in counts.items())
    lines = [f"Does: {does}.", f"Locks: {_locks(up)}."]
    lost = _losses(up)
    if lost:
        lines.append(
            f"Loses data: {', '.join(lost)}. The downgrade makes the object again, and cannot bring back "
            f"what was in it."
        )
    retyped = [one for one in up if one.name == "alter_column" and "type_" in one.said]
    rewrites = ", ".join(f"{one.args[0]}.{one.args[1]}" for one in retyped)
    if rewrites:
        lines.append(
            f"Rewrites: {rewrites} may be rewritten, under its lock; large tables take their time. What is "
            f"finer than the new type is rounded; a value that it cannot hold stops the upgrade, which then "
            f"changes nothing."
        )
    by_text = [one for one in retyped if "::text::" in one.said.get("postgresql_using", "")]
    if by_text:
        lines.append(
            f"No cast: {', '.join('.'.join(one.args[:2]) for one in by_text)} is read anew from its text, "
            f"since PostgreSQL has no cast; write another postgresql_using= where that is not meant."
        )
    lines.append(f"Downgrade: {_downgrade(_losses(down), rewrites)}.")
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)


def _downgrade(lost: list[str], rewrites: str) -> str:
    loses = f"loses {', '.join(lost)}" if lost else "loses no data"
    return f"{loses}; converts {rewrites} back, as the values are then" if rewrites else loses


def _calls(code: str) -> list[_Call]:
    """The operations: name, positional texts, and texts by name."""
    found = []
    for statement in ast.parse(inspect.cleandoc(code)).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            args = [_text(one) for one in call.args]
            said = {keyword.arg or "": _text(keyword.value) for keyword in call.keywords}
            found.append(_Call(call.func.attr, [*args, "", ""], said))
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and node.args:
        return _text(node.args[0])  # op.f("name")
    return str(node.value) if isinstance(node, ast.Constant) else "..."


def _locks(calls: list[_Call]) -> str:
    new = {args[0] for name, args, _ in calls if name == "create_table"}
    strongest: dict[str, str] = {}
    for name, args, said in calls:
        table = said.get("table") or (args[1] if name in _TABLE_IS_SECOND else args[0])
        lock = LOCKS.get(name)
        if (
            lock is not None
            and table not in new
            and STRENGTH.index(lock) >= STRENGTH.index(strongest.get(table, STRENGTH[0]))
        ):
            strongest[table] = lock
    by_lock = {
        lock: sorted(table for table, held in strongest.items() if held == lock)
        for lock in reversed(STRENGTH)
    }
    return (
        "; ".join(f"{lock} on {', '.join(tables)}" for lock, tables in by_lock.items() if tables)
        or "no existing table"
    )


def _losses(calls: list[_Call]) -> list[str]:
    return [_LOSES[name].format(*args) for name, args, _ in calls if name in _LOSES]
