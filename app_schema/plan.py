"""The plan of `upgrade`: the statements, the locked tables, and their sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.application import Application
from app_schema.loss import Loss, losses, reading
from app_schema.migrations.dry_run import Recorded, record, script_of_steps
from app_schema.migrations.failure import explained
from app_schema.migrations.impl import GuardedImpl
from app_schema.migrations.lineage import Lineage, current, described
from app_schema.migrations.needs import Need, block, need
from app_schema.migrations.operation import REFERRED, STRENGTH, UNKNOWN, Place
from app_schema.migrations.preflight import check, refuse_unwritable
from app_schema.migrations.session import MigrationSession
from app_schema.migrations.unguarded import PlainImpl

Sizes = dict[Place, tuple[str, int, int | None]]
"""Name with schema, bytes and rows by the place that a revision names."""
_SIZES = sa.text("""
SELECT w.schema, w.name, concat(n.nspname, '.', c.relname), pg_catalog.pg_table_size(c.oid),
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END
FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS w(schema, name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(
  concat_ws('.', pg_catalog.quote_ident(w.schema), pg_catalog.quote_ident(w.name)))
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
""")


@dataclass(frozen=True)
class TableLock:
    """The strongest lock of a revision on an existing table.

    `rows` is PostgreSQL's estimate, None if the table was never analyzed; `bytes` is the table without
    indexes. `scans`: PostgreSQL scans the whole table while it holds the lock.
    """

    table: str
    lock: str
    scans: bool
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class PlannedRevision:
    """A revision that would run. `by_hand` counts the handwritten statements, whose locks are unknown.

    `losses` are the rows and values that the downgrade does not restore.
    """

    revision: str
    subject: str
    locks: list[TableLock]
    by_hand: int
    losses: list[Loss]
    sql: str


def plan(
    connection: sa.Connection,
    app: Application,
    to: str = "head",
    *,
    guarded: bool = False,
    needs: list[Need] | None = None,
) -> list[PlannedRevision]:
    """The revisions that `upgrade` would run now, in order; empty if none is pending.

    :param guarded: the SQL with the guards instead of the unguarded statements.
    :param needs: collects the requirements on the server and the role, for :func:`preflight`.
    """
    lineage = Lineage(app)
    stamped = current(connection, app)
    recorded = record(lineage, stamped, to, impl=_noting(GuardedImpl if guarded else PlainImpl, needs))
    with reading(connection, app):
        sizes = _sizes(connection, recorded)
        lost = losses(connection, recorded).rows
    return [
        PlannedRevision(
            revision=step.revision,
            subject=described(lineage.scripts.get_revision(step.revision)).subject,
            locks=_locks(step, sizes),
            by_hand=sum(operation.lock == UNKNOWN for operation in step.operations),
            losses=[loss for loss in lost if loss.revision == step.revision and loss.rows != 0],
            sql=step.sql.strip(),
        )
        for step in recorded
    ]


def preflight(connection: sa.Connection, app: Application, needs: list[Need]) -> None:
    """The checks of `upgrade` before its first statement.

    :raises ServerError: if `upgrade` would refuse the server.
    :raises AppSchemaError: if the pending revisions cannot run; the message names all missing requirements.
    """
    session = MigrationSession(connection, app.version_table, app.version_table_schema, app.search_path)
    facts = session.facts()
    check(session, facts)
    refuse_unwritable(facts)
    try:
        connection.exec_driver_sql(block(needs), execution_options={"no_parameters": True})
    except DBAPIError as error:
        raise explained(error) from error


def script_of(app: Application, stamped: frozenset[str], planned: Iterable[PlannedRevision]) -> str:
    """The script that `alembic upgrade --sql` writes of these revisions."""
    lineage = Lineage(app)
    chosen = {step.revision for step in planned}
    steps = [step for step in lineage.steps(stamped, "heads", "up") if step.revision.revision in chosen]
    return script_of_steps(lineage, stamped, steps)


def _noting(impl: type[GuardedImpl], needs: list[Need] | None) -> type[GuardedImpl]:
    """An impl that collects the requirements of its statements, like the runner's."""

    class NotingImpl(impl):  # type: ignore[misc,valid-type]  # a base of the caller's choice
        def _exec(self, construct: Any, *args: Any, **kwargs: Any) -> Any:
            if (
                needs is not None
                and isinstance(construct, ExecutableDDLElement)
                and (required := need(construct))
            ):
                needs.append(required)
            return super()._exec(construct, *args, **kwargs)

    return NotingImpl


def comments(planned: PlannedRevision) -> list[str]:
    """The lines before the revision's SQL, as comments, so that a plan is a valid script."""
    lines = [f"-- {planned.revision}: {planned.subject}"]
    for lock in planned.locks:
        scans = ", while it reads all of it" if lock.scans else ""
        rows = "" if lock.rows is None else f"about {lock.rows:,} rows, "
        size = f"{rows}{lock.bytes / 2**20:,.1f} MiB"
        lines.append(f"-- locks {lock.table} ({size}): {lock.lock}{scans}")
    lines += [f"-- loses {loss.words}" for loss in planned.losses]
    if planned.by_hand:
        lines.append(f"-- locks of {planned.by_hand} handwritten statements: unknown, see below")
    elif not planned.locks:
        lines.append("-- locks no existing table")
    return lines


def _locks(recorded: Recorded, sizes: Sizes) -> list[TableLock]:
    strongest: dict[str, tuple[str, bool]] = {}
    measured: dict[str, tuple[int, int | None]] = {}
    for operation in recorded.operations:
        held = [(operation.table, operation.lock, operation.scans)]
        held += [(table, REFERRED, False) for table in operation.referred]
        for table, lock, scans in held:
            if table is not None and lock is not None and table in sizes:
                name, size, rows = sizes[table]
                measured[name] = (size, rows)
                before, scanned = strongest.get(name, (lock, False))
                strongest[name] = (max(before, lock, key=STRENGTH.index), scanned or scans)
    return [TableLock(name, *held, *measured[name]) for name, held in sorted(strongest.items())]


def _sizes(connection: sa.Connection, recorded: Iterable[Recorded]) -> Sizes:
    """Bytes and rows of the existing tables; tables that the revisions create are absent."""
    operations = [operation for step in recorded for operation in step.operations]
    named = {operation.table for operation in operations if operation.table} | {
        table for operation in operations for table in operation.referred
    }
    rows = connection.execute(
        _SIZES, {"schemas": [schema for schema, _ in named], "names": [name for _, name in named]}
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}
