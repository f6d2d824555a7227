"""The rows that a deletion takes with the chosen ones, found by deleting in a savepoint and a rollback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

# the statistics of the transaction so far; of a rolled back savepoint they stay, so they are subtracted
_WRITTEN = sa.text("""\
SELECT relid::regclass::text AS name, n_tup_ins, n_tup_upd, n_tup_del
  FROM pg_catalog.pg_stat_xact_user_tables""")
_TRIGGERS = sa.text("""\
SELECT t.tgname::text AS name, t.tgrelid::regclass::text AS "table"
  FROM pg_catalog.pg_trigger AS t
 WHERE t.tgrelid = ANY (CAST(:tables AS regclass[])) AND NOT t.tgisinternal AND t.tgenabled <> 'D'
   AND t.tgtype & 8 = 8 -- ON DELETE
 ORDER BY 2, 1""")


@dataclass(frozen=True)
class Effect:
    """The rows of a table that a deletion writes."""

    table: str
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Effects:
    """The effects of a deletion: rows by table, and the triggers of the tables that lose rows."""

    tables: list[Effect]
    triggers: list[tuple[str, str]]


def effects(session: Session, delete: sa.Delete) -> Effects:
    """The effects that a deletion would have.

    Foreign keys that are checked at COMMIT are checked here too.
    """
    before = _written(session)
    savepoint = session.begin_nested()
    try:
        session.connection().execute(delete)
        session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        after = _written(session)
    finally:
        savepoint.rollback()
    changes = []
    for name, numbers in sorted(after.items()):
        difference = [now - then for now, then in zip(numbers, before.get(name, (0, 0, 0)), strict=True)]
        if any(difference):
            changes.append(Effect(name, *difference))
    losing = [effect.table for effect in changes if effect.deleted]
    triggers = session.execute(_TRIGGERS, {"tables": losing})
    return Effects(changes, [(row.name, row.table) for row in triggers])


def _written(session: Session) -> dict[str, Sequence[int]]:
    return {row.name: row[1:] for row in session.execute(_WRITTEN)}
