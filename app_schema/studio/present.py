"""The columns that the database has: a page shows these, also where the models declare others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request

from app_schema.ddl.sql import qualified

_COLUMNS = sa.text("""\
SELECT format('%I.%I', n.nspname, c.relname) AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 GROUP BY 1""")


def columns(request: Request, table: sa.Table) -> list[str]:
    """The columns of a table in the database, in its order; those declared where it does not exist.

    All tables are read at once, by one short query of the request.
    """
    present: Mapping[str, Any] | None = getattr(request.state, "present", None)
    if present is None:
        rows = request.state.session.execute(_COLUMNS)
        present = request.state.present = {row.name: row.columns for row in rows}
    return list(present.get(qualified(table.name, table.schema or "public"), table.columns.keys()))


def drifted(request: Request, table: sa.Table) -> tuple[list[str], list[str]]:
    """The declared columns that the database lacks, and the columns that are not declared."""
    reflected = columns(request, table)
    declared = [column.name for column in table.columns]
    return (
        [name for name in declared if name not in reflected],
        [name for name in reflected if name not in declared],
    )
