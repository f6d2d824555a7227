"""Sequences that will run out."""

from app_schema.audit.check import Check

# A column narrower than its sequence runs out first.
END = Check(
    "sequence_near_its_end",
    """
    SELECT CASE WHEN share >= 0.9 THEN 'error' ELSE 'warning' END, 'sequence ' || name,
           format('%s of %s numbers are used (%s %%)%s', last, ends, trunc(100 * share),
                  CASE WHEN col IS NOT NULL THEN format(' for column %s of %s', col, table_name) ELSE '' END),
           concat(CASE WHEN col IS NOT NULL THEN format('ALTER TABLE %s ALTER COLUMN %s TYPE bigint;', table_name, col) END,
                  format('ALTER SEQUENCE %s AS bigint NO MAXVALUE NO MINVALUE;', name))
      FROM (
        SELECT *, last::numeric / ends AS share
          FROM (
            SELECT r.name, quote_ident(a.attname) AS col, a.attrelid::regclass::text AS table_name,
                   CASE WHEN has_sequence_privilege(r.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(r.oid) END AS last,
                   CASE WHEN q.seqincrement > 0 THEN least(q.seqmax, w.most) ELSE greatest(q.seqmin, -w.most) END AS ends
              FROM rel AS r
              JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = r.oid AND NOT q.seqcycle
              LEFT JOIN pg_catalog.pg_depend AS d
                ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = r.oid AND d.refobjsubid > 0
               AND d.deptype IN ('a', 'i')
              LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             CROSS JOIN LATERAL (
               SELECT CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END::bigint AS most
             ) AS w
          ) AS counted
         WHERE ends <> 0
      ) AS used
     WHERE share >= 0.75
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (END,)
