"""Names that PostgreSQL has truncated or would truncate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from app_schema.audit.check import Check, Known, Row
from app_schema.audit.finding import Finding

LIMIT = 63

# PostgreSQL truncates a longer name at the creation of the object, and the catalog has no trace: a name of
# maximal length is suspect.
CATALOG = """
SELECT words, name, format(rename, short)
  FROM (
    SELECT CASE r.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                          WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index ' ELSE 'table ' END || r.name AS words,
           r.relname AS name, format('ALTER TABLE %s RENAME TO %%I;', replace(r.name, '%', '%%')) AS rename
      FROM rel AS r
     WHERE NOT EXISTS (SELECT FROM idx AS i WHERE i.indexrelid = r.oid AND i.conname IS NOT NULL)
    UNION ALL
    SELECT format('column %I of %s', c.attname, c.table_name), c.attname,
           replace(format('ALTER TABLE %s RENAME COLUMN %I TO ', c.table_name, c.attname), '%', '%%') || '%I;'
      FROM col AS c
    UNION ALL
    SELECT format('constraint %I on %s', k.conname, t.name), k.conname,
           replace(format('ALTER TABLE %s RENAME CONSTRAINT %I TO ', t.name, k.conname), '%', '%%') || '%I;'
      FROM pg_catalog.pg_constraint AS k JOIN tab AS t ON t.oid = k.conrelid
    UNION ALL
    SELECT format('trigger %I on %s', g.tgname, t.name), g.tgname,
           replace(format('ALTER TRIGGER %I ON %s RENAME TO ', g.tgname, t.name), '%', '%%') || '%I;'
      FROM pg_catalog.pg_trigger AS g JOIN tab AS t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal
    UNION ALL
    SELECT format('policy %I on %s', p.polname, t.name), p.polname,
           replace(format('ALTER POLICY %I ON %s RENAME TO ', p.polname, t.name), '%', '%%') || '%I;'
      FROM pg_catalog.pg_policy AS p JOIN tab AS t ON t.oid = p.polrelid
    UNION ALL
    SELECT 'function ' || p.name, p.proname,
           replace(format('ALTER ROUTINE %s RENAME TO ', p.name), '%', '%%') || '%I;' FROM proc AS p
    UNION ALL
    SELECT 'type ' || y.oid::regtype, y.typname,
           replace(format('ALTER TYPE %s RENAME TO ', y.oid::regtype), '%', '%%') || '%I;'
      FROM pg_catalog.pg_type AS y JOIN space AS s ON s.oid = y.typnamespace WHERE y.typtype IN ('e', 'd')
  ) AS named (words, name, rename)
 CROSS JOIN LATERAL (SELECT left(name, 55 * char_length(name) / octet_length(name)) AS short) AS cut
 WHERE octet_length(name) = 63
"""


def _long(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    declared = set(_declared(known.metadata)) if known.metadata else set()
    for words, name, rename in rows:
        if name in declared:
            continue
        longer = next(
            (candidate for candidate in sorted(declared) if _cut(candidate) == name and candidate != name),
            None,
        )
        message = f"its name has {LIMIT} bytes, the maximum: PostgreSQL may have truncated a longer name"
        if longer:
            message = f"its declared name {longer} was truncated by PostgreSQL to {LIMIT} bytes"
        yield Finding(check, "error" if longer else "info", words, message, rename)


def _cut(name: str) -> str:
    return name.encode()[:LIMIT].decode(errors="ignore")


def _declared(metadata: sa.MetaData) -> Iterator[str]:
    """The names in the metadata that neither SQLAlchemy nor app_schema shortens."""
    for table in metadata.tables.values():
        yield table.name
        yield from (column.name for column in table.columns)
        yield from (str(constraint.name) for constraint in table.constraints if constraint.name)
        yield from (index.name for index in table.indexes if index.name)
        yield from (
            column.type.name
            for column in table.columns
            if isinstance(column.type, sa.Enum) and column.type.name
        )


LONG = Check("name_fills_the_limit", CATALOG, _long)
CHECKS = (LONG,)
