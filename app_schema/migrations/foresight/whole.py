"""Tables, enums and sequences that later statements rename: each statement is compared under the former
names.

References are OIDs, so PostgreSQL prints the present name of a renamed object. For a comparison the objects
get their former names, in a subtransaction that is always rolled back.
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
    """The queries, each run while its objects have their former names; none if no object was renamed."""
    known, renames = set(re.findall(r"\w+", " ".join(questions))), list[Renaming]()
    for change in map(renaming, later):
        if change is not None and change.kind in WHOLE and change.old in known:
            known.add(change.new)
            renames.append(change)
    return [_named_back(sql, renames) for sql in questions] if renames else []


def _named_back(sql: str, renames: list[Renaming]) -> str:
    """A block that undoes renames, runs a query, and repeats the renames."""
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
    """The statement that creates or renames a table, enum or sequence, unless an object has the later name:
    then that object is compared, and none is created under the former name.

    None if no later statement renames the object, or if another object has the later name until then: in a
    first run the object of that name is the other object.

    :param compared: the query that compares the object under its former name; empty for a rename.
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
    renamed, former = (found(kind, name, schema) for name in (own, old))
    return Guarded(
        block(
            [
                "BEGIN",
                f"  IF {renamed} IS NULL OR {former} IS NOT NULL THEN",
                f"    EXECUTE {dollar(statement.sql())};",
                "  ELSE",
                *(f"    EXECUTE {dollar(sql)};" for sql in in_earlier_names([compared], later)),
                "  END IF;",
                "END",
            ]
        ),
        getattr(statement, "change", None),
    )
