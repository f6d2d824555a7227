"""How PostgreSQL gets from one type to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl.sql import ident

if TYPE_CHECKING:
    from sqlalchemy import Connection

# An array is cast as its elements are, a domain as the type below it; any type is assigned to a string, and a
# string is cast to any type. Source: PostgreSQL's find_coercion_pathway() in parser/parse_coerce.c.
_QUERY = text("""\
WITH base AS (
  SELECT s AS source, t AS target, s.typcategory = 'A' AND t.typcategory = 'A' AS arrays
    FROM pg_catalog.pg_type AS a
    JOIN pg_catalog.pg_type AS s ON s.oid = coalesce(nullif(a.typbasetype, 0), a.oid)
   CROSS JOIN pg_catalog.pg_type AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(nullif(b.typbasetype, 0), b.oid)
   WHERE a.oid = to_regtype(:source) AND b.oid = to_regtype(:target)
)
SELECT CASE WHEN s.oid = t.oid OR c.castcontext IN ('i', 'a') THEN 'assigned'
            WHEN c.castcontext IS NULL AND t.typcategory = 'S' THEN 'assigned'
            WHEN c.castcontext = 'e' OR s.typcategory = 'S' THEN 'cast' END
  FROM base AS p
  JOIN pg_catalog.pg_type AS s ON s.oid = CASE WHEN arrays THEN (source).typelem ELSE (source).oid END
  JOIN pg_catalog.pg_type AS t ON t.oid = CASE WHEN arrays THEN (target).typelem ELSE (target).oid END
  LEFT JOIN pg_catalog.pg_cast AS c ON c.castsource = s.oid AND c.casttarget = t.oid
""")


def using(connection: Connection, column: str, source: str, target: str) -> str | None:
    """The USING clause that converts a column; None where PostgreSQL converts it by itself.

    An assignment is better than a cast: it refuses what is too long, where a cast would cut it. Where there
    is neither, as between two enums, the way leads through text, which the new type must be able to read.

    :param source: the types as PostgreSQL prints them, under an empty search_path.
    """
    way = connection.execute(_QUERY, {"source": source, "target": target}).scalar_one_or_none()
    if way == "assigned":
        return None
    return f"{ident(column)}::{target}" if way == "cast" else f"{ident(column)}::text::{target}"
