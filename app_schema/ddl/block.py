"""Anonymous blocks of PL/pgSQL, and their refusals."""

from __future__ import annotations

from app_schema.ddl.single import single
from app_schema.ddl.sql import dollar, literal

DIFFERENT = "AS001"
"""SQLSTATE of a refusal. PostgreSQL uses no class AS."""
ABSENT = "AS004"
"""SQLSTATE of a refusal to change an absent object."""
NOTED = "AS003"
"""SQLSTATE of a warning for the person who migrates."""


def block(lines: list[str]) -> str:
    """A ``DO`` block in dollar quotes whose tag does not occur in it."""
    return "DO " + dollar("\n" + "\n".join(lines) + "\n", "guard")


def execute(statements: tuple[str, ...]) -> list[str]:
    """PL/pgSQL that executes each statement. EXECUTE parses it then, and not with the block.

    :raises ModelError: if one of them is several.
    """
    return [f"  EXECUTE {dollar(single(statement))};" for statement in statements]


def as_one(statements: tuple[str, ...]) -> str:
    """The statements as one."""
    return single(statements[0]) if len(statements) == 1 else block(["BEGIN", *execute(statements), "END"])


def refuse(message: str, hint: str = "", *, detail: str = "''", state: str = DIFFERENT) -> str:
    """PL/pgSQL that raises a refusal.

    :param detail: SQL expression of a text.
    """
    options = [f"ERRCODE = '{state}'", f"MESSAGE = {literal(message)}", f"DETAIL = {detail}"]
    if hint:
        options.append(f"HINT = {literal(hint)}")
    return f"    RAISE EXCEPTION USING {', '.join(options)};"
