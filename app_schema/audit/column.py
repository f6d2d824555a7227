"""Columns that allow invalid values, or that no trigger updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from app_schema.audit.check import Check, Known, Row
from app_schema.audit.finding import Finding
from app_schema.ddl.sql import ident, literal

NAIVE = Check(
    "naive_timestamp",
    """
    SELECT 'error', format('column %I of %s', c.attname, c.table_name),
           format('%s knows no time zone: clients of two zones store the same moment hours apart',
                  format_type(c.atttypid, c.atttypmod)),
           CASE WHEN y.typelem = 0
                THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE timestamptz USING %I AT TIME ZONE ''UTC'';',
                            c.table_name, c.attname, c.attname)
                ELSE format('SET timezone = ''UTC''; ALTER TABLE %s ALTER COLUMN %I TYPE timestamptz[];',
                            c.table_name, c.attname) END
      FROM col AS c JOIN pg_catalog.pg_type AS y ON y.oid = c.atttypid
     WHERE 'timestamp'::regtype IN (y.oid, y.typelem, y.typbasetype) AND NOT c.relispartition
    """,
)

# A PL/pgSQL body has no parse tree and no dependencies, so whether a trigger function writes the column is
# read from its source; moddatetime and similar functions have the name of the column as an argument.
UPDATED_AT = Check(
    "updated_at_without_trigger",
    """
    SELECT 'warning', 'table ' || c.table_name,
           CASE WHEN off IS NULL THEN 'no trigger updates updated_at'
                ELSE format('the trigger %I, which updates updated_at, is disabled', off) END,
           CASE WHEN off IS NULL AND call IS NULL
                THEN '-- write a trigger function that sets NEW.updated_at, and a trigger BEFORE UPDATE'
                WHEN off IS NULL
                THEN format('CREATE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s;',
                            'tr_' || left(c.relname, 50) || '_touch', c.table_name, call)
                ELSE format('ALTER TABLE %s ENABLE TRIGGER %I;', c.table_name, off) END
      FROM col AS c
      LEFT JOIN LATERAL (
        SELECT min(u.tgname) AS off FROM touch AS u WHERE u.tgrelid = c.attrelid AND u.tgenabled IN ('D', 'R')
      ) AS disabled ON true
     CROSS JOIN (
        SELECT coalesce((SELECT u.call FROM touch AS u WHERE u.arguments = 0
                          GROUP BY u.call ORDER BY count(*) DESC, u.call LIMIT 1), a.touch) AS call
          FROM application AS a
     ) AS known
     WHERE c.attname = 'updated_at' AND NOT c.relispartition
       AND NOT EXISTS (SELECT FROM touch AS u WHERE u.tgrelid = c.attrelid AND u.tgenabled IN ('O', 'A'))
    """,
)

# A check that compares a single text column with words: in the parse tree IN is a comparison with any element
# of an array, or for a single word the operator = of text (98) or bpchar (1054); PostgreSQL never changes
# these OIDs.
CLOSED = r"""
SELECT n.nspname, c.relname, c.attname,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.conrelid = c.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[c.attnum]
                  AND k.conbin::text ~ '^{(SCALARARRAYOPEXPR .*:useOr true .*|OPEXPR :opno (98|1054) .*):args \({(VAR|RELABELTYPE) ')
  FROM col AS c
  JOIN tab AS t ON t.oid = c.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
 WHERE c.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
"""  # noqa: E501 - one line is one expression


def closed_values(metadata: sa.MetaData) -> Mapping[tuple[str | None, str, str], Sequence[str]]:
    """(schema, table, column) -> the declared words of a text column.

    Declared by ``Enum(..., native_enum=False)``, or by a check whose ``info["values"]`` maps columns to
    words.
    """
    labels: dict[tuple[str | None, str, str], Sequence[str]] = {}
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.Enum) and not column.type.native_enum:
                labels[table.schema, table.name, column.name] = column.type.enums
        for constraint in table.constraints:
            for name, words in constraint.info.get("values", {}).items():
                labels[table.schema, table.name, name] = words
    return labels


def _without_check(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    checked = {(schema, table, column): has_check for schema, table, column, has_check in rows}
    for (schema, table, column), words in closed_values(known.metadata).items() if known.metadata else ():
        if checked.get((schema or "public", table, column), True):
            continue
        place = f"{ident(schema or 'public')}.{ident(table)}"
        listed = ", ".join(map(literal, words))
        name, own = ident(f"ck_{table}_{column}"), ident(column)
        yield Finding(
            check,
            "error",
            f"column {own} of {place}",
            f"its declaration lists the words {listed}, but no CHECK refuses other words",
            f"ALTER TABLE {place} ADD CONSTRAINT {name} CHECK ({own} IN ({listed}));",
        )


CLOSED_VALUES = Check("closed_values_without_check", CLOSED, _without_check)
CHECKS = (NAIVE, UPDATED_AT, CLOSED_VALUES)
