"""Texts of a SQL_ASCII database that are not UTF-8: PostgreSQL refuses to send them, and names no object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl.catalog_query import FIRST_OID

if TYPE_CHECKING:
    from sqlalchemy import Connection

# as bytes: the name of the object may be unreadable too
_TEXTS = text(f"""
SELECT t.what, pg_catalog.convert_to(t.value, 'SQL_ASCII') AS value,
       pg_catalog.convert_to(pg_catalog.pg_describe_object(t.class, t.object, t.part), 'SQL_ASCII') AS object
  FROM (SELECT 'the comment on ' AS what, classoid AS class, objoid AS object, objsubid AS part,
               description AS value
          FROM pg_catalog.pg_description
        UNION ALL SELECT 'the body of ', 'pg_catalog.pg_proc'::regclass, oid, 0, prosrc
          FROM pg_catalog.pg_proc
        UNION ALL SELECT 'the name of ', 'pg_catalog.pg_class'::regclass, oid, 0, relname::text
          FROM pg_catalog.pg_class
        UNION ALL SELECT 'the name of ', 'pg_catalog.pg_class'::regclass, attrelid, attnum, attname::text
          FROM pg_catalog.pg_attribute WHERE attnum > 0 AND NOT attisdropped) AS t
 WHERE t.object >= {FIRST_OID}""")
_EMPTY_PATH = text("SELECT pg_catalog.set_config('search_path', '', true)")
"""PostgreSQL describes each object with its schema then."""
_SHOWN = 3


def unreadable(connection: Connection) -> str | None:
    """A sentence that names the objects whose comment, name or body is not UTF-8, if any."""
    connection.execute(_EMPTY_PATH)
    found = [
        row.what + bytes(row.object).decode(errors="backslashreplace")
        for row in connection.execute(_TEXTS)
        if not _is_utf8(bytes(row.value))
    ]
    if not found:
        return None
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"The database has the encoding SQL_ASCII, and these texts in it are not UTF-8: "
        f"{', '.join(found[:_SHOWN])}{more}. Write them anew in UTF-8, such as by COMMENT ON."
    )


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
