"""Tables, enums and sequences that later statements rename: each statement is compared under the names of its
time.

Whatever refers to such an object follows it, and PostgreSQL prints the name that it has now. For a comparison
the objects get their earlier names back, in a subtransaction that is always rolled back.
"""

from __future__ import annotations

import re
from typing import Any

from app_schema.ddl import DDLStatement, Guarded
from app_schema.ddl.block import block
from app_schema.ddl.rename import found
from app_schema.ddl.sql import dollar, ident, qualified
from app_schema.ddl.statement import Renaming
from app_schema.ddl.twin import UNDONE
from app_schema.migrations.foresight.constructs import DROPS, WHOLE, Later, renaming, subject


def in_earlier_names(questions: list[str], later: Later) -> list[str]:
    """The questions, each asked while what it speaks of has its earlier name; none where that stays."""
    known, renames = set(re.findall(r"\w+", " ".join(questions))), list[Renaming]()
    for change in map(renaming, later):
        if change is not None and change.kind in WHOLE and change.old in known:
            known.add(change.new)
            renames.append(change)
    return [_named_back(sql, renames) for sql in questions] if renames else []


def _named_back(sql: str, renames: list[Renaming]) -> str:
    """A block that asks a question after it has undone renames, and carries them out again."""
    back = [line for change in reversed(renames) for line in _renamed_back(change)]
    return block(
        [
            "BEGIN",
            "  BEGIN",
            *back,
            f"    EXECUTE {dollar(sql)};",
            f"    RAISE SQLSTATE '{UNDONE}';",
            f"  EXCEPTION WHEN SQLSTATE '{UNDONE}' THEN NULL;",
            "  END;",
            "END",
        ]
    )


def _renamed_back(change: Renaming) -> list[str]:
    kind = {"enum": "TYPE"}.get(change.kind, change.kind.upper())
    statement = f"ALTER {kind} {qualified(change.new, change.schema)} RENAME TO {ident(change.old)}"
    new, old = (found(change.kind, name, change.schema) for name in (change.new, change.old))
    return [f"    IF {new} IS NOT NULL AND {old} IS NULL THEN", f"      {statement};", "    END IF;"]


def under_later_name(construct: Any, statement: DDLStatement, compared: str, later: Later) -> Guarded | None:
    """The statement that creates or renames a table, enum or sequence, unless that has the name which a later
    statement gives it: then it is compared, and none is created under the old name.

    None where nothing renames it later, or another one has that name until then: in a first run the one under
    it is the other one.

    :param compared: what compares it while it has its earlier name; empty for a rename.
    """
    begun = renaming(construct)
    known: Any = subject(construct)
    kind, schema, _, name = known
    old = name if begun is None else begun.old
    taken, own = {name, old}, name
    for other in later:
        change = renaming(other)
        place: Any = subject(other) if change is None else (change.kind, change.schema, None, change.old)
        if place is None or place[:2] != (kind, schema) or (change is None and not isinstance(other, DROPS)):
            continue
        if place[3] != own:
            taken.add(place[3])
        elif change is None:
            return None
        else:
            own = change.new
    if own in taken:
        return None
    there, gone = (found(kind, one, schema) for one in (own, old))
    return Guarded(
        block(
            [
                "BEGIN",
                f"  IF {there} IS NULL OR {gone} IS NOT NULL THEN",
                f"    EXECUTE {dollar(statement.sql())};",
                "  ELSE",
                *(f"    EXECUTE {dollar(sql)};" for sql in in_earlier_names([compared], later)),
                "  END IF;",
                "END",
            ]
        ),
        getattr(statement, "change", None),
    )
