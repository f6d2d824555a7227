"""What a run has created itself, noted in the session: nobody can tell it from the work of an earlier run."""

from __future__ import annotations

from typing import Any

from app_schema.ddl import Guarded
from app_schema.ddl.guard import block
from app_schema.ddl.sql import dollar, literal

_CREATED = "app_schema.created"
"""Setting: what the run has created, where the catalog does not tell that to later statements."""
_NOTED = f"coalesce(current_setting('{_CREATED}', true), '')"


def noted(create: Any, *, absent: str, note: str) -> Guarded:
    """The statement; where it creates its object, the session notes that.

    :param absent: SQL expression: the object is absent.
    """
    add = f"set_config('{_CREATED}', concat({_NOTED}, {literal(note)}), false)"
    make = f"  EXECUTE {dollar(create.sql())};"
    return Guarded(block(["BEGIN", f"  IF {absent} THEN PERFORM {add}; END IF;", make, "END"]))


def was_noted(note: str) -> str:
    """SQL expression: the run has created the object."""
    return f"strpos({_NOTED}, {literal(note)}) > 0"
