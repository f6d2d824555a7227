"""Going back to an older revision with open eyes: what would be lost, counted, and a token that says so."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from app_schema.ddl.sql import ident, qualified
from app_schema.migrations.lineage import Lineage, Revision, current, described
from app_schema.migrations.plain import PlainImpl
from app_schema.migrations.recording import UNKNOWN, Operation, record

_IDENTITY = sa.text("""
SELECT d.oid::bigint, d.datname, pg_catalog.to_regclass('public.alembic_version')::oid::bigint
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
""")
_COLUMN = sa.text("""
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_attribute AS a
  WHERE a.attrelid = pg_catalog.to_regclass(:table) AND a.attname = :column AND NOT a.attisdropped
)
""")
_DOWNGRADE = "Downgrade:"


@dataclass(frozen=True)
class Loss:
    """A table that would be dropped, or a column of one; `rows` is how many hold a value in it."""

    revision: str
    table: str
    column: str | None
    rows: int


@dataclass(frozen=True)
class Rollback:
    """What going back would do. `by_hand` are statements of which only their author knows what they lose.

    `token` belongs to this database, these revisions and these counts: other rows, another token.
    """

    here: frozenset[str]
    to: str
    revisions: list[Revision]
    losses: list[Loss]
    by_hand: int
    token: str

    @property
    def loses(self) -> bool:
        """Whether anything would be lost, as far as can be known."""
        return self.by_hand > 0 or any(one.rows for one in self.losses)

    @property
    def tables(self) -> list[str]:
        """The tables of which something would be dropped, with schema and quotes as SQL needs them."""
        return sorted({one.table for one in self.losses})


def prepare(connection: sa.Connection, to: str = "-1") -> Rollback:
    """Looks at what going back to `to` would do; changes nothing.

    No table is locked: rows that are written after this and before the downgrade are lost uncounted.
    """
    lineage = Lineage()
    here = current(connection)
    scripts = lineage.downgrades(here, to)
    recorded = record(lineage, here, to, "down", impl=PlainImpl)
    losses = []
    for one in recorded:
        for operation in one.operations:
            if operation.name in {"drop_table", "drop_column"} and operation.table is not None:
                rows = _rows(connection, operation)
                if rows is not None:
                    name, schema = operation.table[1], operation.table[0]
                    losses.append(Loss(one.revision, qualified(name, schema), operation.column, rows))
    return Rollback(
        here=here,
        to=lineage.absolute(here, to),
        revisions=[_downgrade_of(described(script)) for script in scripts],
        losses=losses,
        by_hand=sum(operation.lock == UNKNOWN for one in recorded for operation in one.operations),
        token=_token(connection, [script.revision for script in scripts], losses),
    )


def _downgrade_of(revision: Revision) -> Revision:
    """The revision with that paragraph alone which speaks of its downgrade."""
    notes = (note for note in revision.notes if note.startswith(_DOWNGRADE))
    return Revision(revision.revision, revision.subject, tuple(notes))


def _rows(connection: sa.Connection, operation: Operation) -> int | None:
    """The rows with a value in what would be dropped; None where it is not there."""
    assert operation.table is not None
    schema, name = operation.table
    table = qualified(name, schema)
    if not connection.scalar(sa.text("SELECT pg_catalog.to_regclass(:table) IS NOT NULL"), {"table": table}):
        return None
    counted = "*"
    if operation.column is not None:
        parameters = {"table": table, "column": operation.column}
        if not connection.scalar(_COLUMN, parameters):
            return None
        counted = ident(operation.column)
    rows = connection.exec_driver_sql(
        f"SELECT count({counted}) FROM {table}", execution_options={"no_parameters": True}
    )
    return int(rows.scalar_one())


def _token(connection: sa.Connection, revisions: list[str], losses: list[Loss]) -> str:
    bound = [list(connection.execute(_IDENTITY).one()), revisions, [asdict(one) for one in losses]]
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()[:12]
