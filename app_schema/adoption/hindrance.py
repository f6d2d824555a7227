"""Objects of others that would stop the revision: the page names them, or PostgreSQL would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from alembic.operations.ops import AddColumnOp
from sqlalchemy import text

from app_schema.adoption.mend import place
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare.stranger import needed
from app_schema.migrations.directives import RetypeOp
from app_schema.migrations.preflight import unwritable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.adoption.cost import Work
    from app_schema.adoption.look import Look

# PostgreSQL looks for such a column through arrays, domains, ranges and composite types, and skips views
_ROW_TYPE_USED = text("""
WITH RECURSIVE used(name, type) AS (
  SELECT t.name, c.reltype FROM unnest(CAST(:tables AS text[])) AS t(name)
    JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name)
  UNION
  SELECT u.name, CASE WHEN d.classid = 'pg_catalog.pg_type'::regclass THEN d.objid ELSE c.reltype END
    FROM used AS u
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = u.type
    LEFT JOIN pg_catalog.pg_class AS c ON d.classid = 'pg_catalog.pg_class'::regclass
                                      AND c.oid = d.objid AND d.objsubid > 0 AND c.relkind = 'c'
   WHERE d.classid = 'pg_catalog.pg_type'::regclass OR c.oid IS NOT NULL
)
SELECT DISTINCT u.name, format('%I.%I.%I', n.nspname, c.relname, a.attname) AS used_by
  FROM used AS u JOIN pg_catalog.pg_attribute AS a ON a.atttypid = u.type AND NOT a.attisdropped
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'p')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 ORDER BY 1, 2""")


def refusal_of_writes(connection: Connection) -> Iterator[str]:
    """A sentence if the server or the session of the role refuses writes.

    The default counts: `--into` reads the source in a read-only transaction.
    """
    sentence = unwritable(
        standby=bool(connection.scalar(text("SELECT pg_is_in_recovery()"))),
        read_only=connection.scalar(text("SHOW default_transaction_read_only")) == "on",
    )
    if sentence is not None:
        yield sentence


def hindrances(look: Look, work: Iterable[Work]) -> Iterator[str]:
    """A sentence for each: dependents of superseded objects, and columns of the row type of a table that gets
    other types, or a new column with a default, for which PostgreSQL requires the same."""
    superseded = dict.fromkeys(look.superseded)
    yield from needed(look.sides, superseded, staying=look.undeclared.keys() - superseded.keys()).values()
    default = look.sides.metadata.default_schema
    tables = {place(entry.table) for entry in work if entry.rewritten}
    for operation in look.plan.operations():
        if isinstance(operation, RetypeOp):
            tables.add((operation.schema or default, operation.table))
        elif isinstance(operation, AddColumnOp) and operation.column.server_default is not None:
            tables.add((operation.schema or default, operation.table_name))
    names = [qualified(name, schema) for schema, name in sorted(tables)]
    for table, column in look.connection.execute(_ROW_TYPE_USED, {"tables": names}):
        yield (
            f"table {table} cannot be changed: column {column} uses its row type; drop that column first, or "
            "change its type"
        )
