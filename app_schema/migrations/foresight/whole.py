"""Tables, columns, enums and sequences that later statements rename: each statement is compared under the
former names.

References are OIDs, so PostgreSQL prints the present name of a renamed object. For a comparison the objects
get their former names, in a subtransaction that is always rolled back.
"""

from __future__ import annotations

import re
from typing import Any

from app_schema.ddl import DDLStatement, Guarded
from app_schema.ddl.block import block
from app_schema.ddl.lookup import regclass
from app_schema.ddl.rename import oid_of
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.ddl.statement import Renaming
from app_schema.ddl.twin import UNDONE
from app_schema.migrations.foresight.column import ASIDE
from app_schema.migrations.foresight.constructs import (
    DROPS,
    WHOLE,
    Later,
    creates,
    named,
    renaming,
    subject,
)


def in_earlier_names(questions: list[str], later: Later, *, columns: bool = False) -> list[str]:
    """The queries, each run while its objects have their former names; none if no object was renamed.

    :param columns: columns too; the copy of a whole table is renamed with its columns instead.
    """
    kinds = {*WHOLE, "column"} if columns else {*WHOLE}
    names, renames = set(re.findall(r"\w+", " ".join(questions))), list[tuple[Renaming, bool]]()
    for number, change in enumerate(map(renaming, later), 1):
        if change is not None and change.kind in kinds and names & {change.old, change.new}:
            names |= {change.old, change.new}
            old = named(change, change.old)
            is_recreated = any(
                creates(successor) and subject(successor) == old for successor in later[number:]
            )
            renames.append((change, is_recreated))
    if not renames or (columns and all(change.kind != "column" for change, _ in renames)):
        return []
    return [_under_former_names(sql, renames) for sql in questions]


def _under_former_names(sql: str, renames: list[tuple[Renaming, bool]]) -> str:
    """A block that undoes renames, runs a query, and repeats the renames."""
    undo = [
        line
        for change, is_recreated in reversed(renames)
        for line in _undo_rename(change, is_recreated=is_recreated)
    ]
    return block(
        [
            "BEGIN",
            "  BEGIN",
            *undo,
            f"    EXECUTE {dollar(sql)};",
            f"    RAISE SQLSTATE '{UNDONE}';",
            f"  EXCEPTION WHEN SQLSTATE '{UNDONE}' THEN NULL;",
            "  END;",
            "END",
        ]
    )


def _undo_rename(change: Renaming, *, is_recreated: bool) -> list[str]:
    """PL/pgSQL that undoes a rename, if that is done.

    :param is_recreated: another object is created under the old name: it is moved aside first.
    """
    names = (change.new, change.old)
    if change.kind == "column":
        rename = f"ALTER TABLE {qualified(change.table or '', change.schema)} RENAME"
        statements = {name: f"{rename} {ident(name)}" for name in names}
        new, old = (has_column(change, name) for name in names)
    else:
        kind = {"enum": "TYPE"}.get(change.kind, change.kind.upper())
        statements = {name: f"ALTER {kind} {qualified(name, change.schema)} RENAME" for name in names}
        new, old = (f"{oid_of(change.kind, name, change.schema)} IS NOT NULL" for name in names)
    aside = f"      IF {old} THEN {statements[change.old]} TO {ASIDE}; END IF;"
    return [
        f"    IF {new} THEN" if is_recreated else f"    IF {new} AND NOT {old} THEN",
        *([aside] if is_recreated else []),
        f"      {statements[change.new]} TO {ident(change.old)};",
        "    END IF;",
    ]


def has_column(change: Renaming, name: str) -> str:
    """SQL expression: the table has a column of the name."""
    table = regclass(change.table or "", change.schema)
    of_the_name = f"attrelid = {table} AND attname = {literal(name)} AND NOT attisdropped"
    return f"EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE {of_the_name})"


def under_later_name(construct: Any, statement: DDLStatement, compared: str, later: Later) -> Guarded | None:
    """The statement that creates or renames a table, enum or sequence, unless an object has the later name:
    then that object is compared, and none is created under the former name.

    None if no later statement renames the object, or if another object has the later name until then: in a
    first run the object of that name is the other object.

    :param compared: the query that compares the object under its former name; empty for a rename.
    """
    begun = renaming(construct)
    key: Any = subject(construct)
    kind, schema, _, name = key
    old = name if begun is None else begun.old
    used, own = {name, old}, name
    for other in later:
        change = renaming(other)
        place: Any = subject(other) if change is None else (change.kind, change.schema, None, change.old)
        if place is None or place[:2] != (kind, schema) or (change is None and not isinstance(other, DROPS)):
            continue
        if place[3] != own:
            used.add(place[3])
        elif change is None:
            return None
        else:
            own = change.new
    if own in used:
        return None
    renamed, former = (oid_of(kind, name, schema) for name in (own, old))
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
