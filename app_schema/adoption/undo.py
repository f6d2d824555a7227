"""The downgrade of an adoption: what returns from schema `aside`; also if the adoption is not complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from app_schema import rollback
from app_schema.adoption.aside import KeptValues
from app_schema.adoption.choices import ASIDE
from app_schema.ddl.sql import ident, qualified
from app_schema.loss import fingerprint, reading
from app_schema.migrations import api
from app_schema.migrations.dry_run import Steps, operations
from app_schema.migrations.lineage import Lineage

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep
    from sqlalchemy import Connection

    from app_schema.application import Application
    from app_schema.migrations.runner import Review

# the last columns say which columns the table has, and which of them have the type of the kept values
_KEPT = """
SELECT c.relname, n.path[1], n.path[2], n.path[3], array_agg(a.attname::text ORDER BY a.attnum),
       coalesce(array_agg(a.attname::text) FILTER (WHERE t.attname IS NOT NULL), '{}'),
       coalesce(array_agg(a.attname::text) FILTER (WHERE t.atttypid = a.atttypid), '{}')
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 CROSS JOIN LATERAL (SELECT pg_catalog.obj_description(c.oid, 'pg_class') AS of) AS d
 CROSS JOIN LATERAL (
   SELECT CASE WHEN d.of ~ '^("[^"]+"|\\w+)([.]("[^"]+"|\\w+)){1,2}$' THEN parse_ident(d.of) END AS path
 ) AS n
  LEFT JOIN pg_catalog.pg_attribute AS t ON t.attname = a.attname AND NOT t.attisdropped
       AND t.attrelid = pg_catalog.to_regclass(format('%%I.%%I', n.path[1], n.path[2]))
 WHERE c.relnamespace = pg_catalog.to_regnamespace(%s) AND c.relkind = 'r' AND n.path IS NOT NULL
 GROUP BY 1, 2, 3, 4 ORDER BY 1"""


@dataclass(frozen=True)
class Kept:
    """A table of schema `aside`, as ``--json`` prints it.

    :param column: None if whole rows return.
    :param restored: the rows or values that return; None if the values cannot be compared.
    :param changed: the values that the application has changed since, and that stay as they are.
    """

    kept: str
    table: str
    column: str | None
    restored: int | None
    changed: int | None

    @property
    def words(self) -> str:
        if self.column is None:
            return f"{self.kept}: rows that return to {self.table}: {self.restored:,}"
        place = f"{self.table}.{self.column}"
        if self.restored is None:
            return f"{self.kept}: old values return to {place}, unless they were changed since the adoption"
        changed = (
            f"; changed since the adoption and kept as they are: {self.changed:,}" if self.changed else ""
        )
        return f"{self.kept}: old values that return to {place}: {self.restored:,}{changed}"


@dataclass(frozen=True)
class Undo(rollback.Rollback):
    """A downgrade that also restores rows and values."""

    aside: list[Kept] = field(default_factory=list)

    @property
    def remarks(self) -> list[str]:
        """A sentence for each table of schema `aside`: what of it returns, and what stays."""
        return [kept.words for kept in self.aside]


def prepare(connection: Connection, app: Application, stamped: frozenset[str], steps: Steps) -> Undo:
    """Counts what the downgrade loses and restores; the token depends on both."""
    prepared, aside = rollback.prepare(connection, app, stamped, steps), _kept(connection, app, steps)
    token = fingerprint(connection, app, prepared.token, [asdict(kept) for kept in aside])
    return Undo(**{**vars(prepared), "aside": aside, "token": token})


def _kept(connection: Connection, app: Application, steps: Steps) -> list[Kept]:
    """The tables of schema `aside`, with what the downgrade restores."""
    using = {
        ((operation.table[0] or "public", operation.table[1]), operation.column): operation.retyped.using
        for recorded in operations(app, steps)
        for operation in recorded.operations
        if operation.retyped is not None and operation.retyped.using and operation.table is not None
    }
    driver: Any = connection.connection.driver_connection
    with reading(connection, app):
        return list(_returning(driver, using))


def _returning(driver: Any, using: Mapping[Any, str]) -> Iterator[Kept]:
    for name, schema, table, column, columns, present, alike in driver.execute(_KEPT, [ASIDE]).fetchall():
        kept, shown = qualified(name, ASIDE), (f"{ASIDE}.{name}", f"{schema}.{table}")
        if column is None:
            (rows,) = driver.execute(f"SELECT count(*) FROM {kept}".encode()).fetchone()
            yield Kept(*shown, None, rows, 0)
            continue
        *keys, value, _ = columns
        old = {
            each: ident(each) if each in alike else using.get(((schema, table), each), ident(each))
            for each in columns
            if each in present
        }
        selected = ", ".join(f"{sql} AS {ident(each)}" for each, sql in old.items())
        values = KeptValues((schema, table), keys, value, kept)
        unchanged = values.unchanged if value in present else "true"  # a dropped column
        current = f"(SELECT {selected} FROM {qualified(table, schema)}) AS {ident(table)}"
        query = (
            f"SELECT count(*) FILTER (WHERE {unchanged}), count(*) FILTER (WHERE NOT ({unchanged})) "
            f"FROM {kept} AS kept JOIN {current} ON {values.same_row}"
        )
        try:
            with driver.transaction():
                counts = driver.execute(query.encode()).fetchone()
        except psycopg.Error:  # the old type does not hold a value: the downgrade will say which
            counts = (None, None)
        yield Kept(*shown, column, *counts)


def undo_begun(
    connection: Connection, revision: str, *, app: Application, review: Review, **options: Any
) -> list[str]:
    """Stamps the revision if the review of its downgrade agrees, then downgrades.

    The operations of a downgrade skip what is absent. If it is interrupted, the stamp lets the same command
    continue it.
    """
    lineage, agreed = Lineage(app), False

    def review_downgrade(reviewed: Connection, heads: frozenset[str], _: list[RevisionStep]) -> bool:
        nonlocal agreed
        stamped = heads | lineage.heads
        agreed = review(reviewed, stamped, lineage.steps(stamped, revision, "down"))
        return agreed

    for head in lineage.heads:
        api.stamp(connection, head, app=app, review=review_downgrade, **options)
    return api.downgrade(connection, revision, app=app, **options) if agreed else []
