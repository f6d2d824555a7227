"""Primary and foreign keys."""

from app_schema.audit.check import Check

NO_PRIMARY_KEY = Check(
    "table_without_primary_key",
    """
    SELECT 'warning', 'table ' || t.name, 'it has no primary key: a row cannot be named, and not be replicated',
           format('ALTER TABLE %s ADD %sCONSTRAINT %I PRIMARY KEY%s;', t.name,
                  CASE WHEN found THEN '' ELSE 'COLUMN id uuid DEFAULT gen_random_uuid() ' END,
                  'pk_' || left(t.relname, 50), CASE WHEN found THEN ' (id)' ELSE '' END)
      FROM tab AS t
     CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                       WHERE a.attrelid = t.oid AND a.attname = 'id' AND NOT a.attisdropped) AS found
     ) AS column_id
     WHERE NOT t.relispartition
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS n WHERE n.conrelid = t.oid AND n.contype = 'p')
    """,  # noqa: E501 - one line is one expression
)

# A delete in the target looks the key up by a = $1 AND b = $2, so a partial index with the condition "a IS
# NOT NULL" serves too; the condition is compared as PostgreSQL prints it.
INDEX = Check(
    "foreign_key_without_index",
    """
    SELECT CASE WHEN served THEN 'info' ELSE 'warning' END, format('constraint %I on %s', conname, name),
           format('%s (%s)', CASE WHEN served THEN 'an index serves it by its first column only'
                             ELSE 'no index serves it, so each delete in the target reads the whole table' END, columns),
           format('CREATE INDEX %s%I ON %s (%s);', CASE relkind WHEN 'r' THEN 'CONCURRENTLY ' ELSE '' END,
                  'ix_' || left(regexp_replace(conname, '^fk_', ''), 50), name, columns)
      FROM (
        SELECT c.conname, t.name, t.relkind,
               (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
                  FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum) AS columns,
               EXISTS (SELECT FROM fk_index AS l WHERE l.conoid = c.oid) AS served
          FROM pg_catalog.pg_constraint AS c JOIN tab AS t ON t.oid = c.conrelid
         WHERE c.contype = 'f' AND c.conparentid = 0
           AND NOT EXISTS (SELECT FROM fk_index AS l
                            WHERE l.conoid = c.oid AND c.conkey <@ l.keys[1:cardinality(c.conkey)])
      ) AS found
    """,  # noqa: E501 - one line is one expression
)

TYPE = Check(
    "foreign_key_type",
    """
    SELECT 'warning', format('constraint %I on %s', c.conname, t.name),
           format('%I is %s and points at %s: each comparison converts, and values may not fit', a.attname,
                  format_type(a.atttypid, a.atttypmod), format_type(b.atttypid, b.atttypmod)),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE %s;', t.name, a.attname, format_type(b.atttypid, b.atttypmod))
      FROM pg_catalog.pg_constraint AS c JOIN tab AS t ON t.oid = c.conrelid
     CROSS JOIN unnest(c.conkey, c.confkey) AS k (here, there)
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.here
      JOIN pg_catalog.pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = k.there
     WHERE c.contype = 'f' AND c.conparentid = 0 AND a.atttypid <> b.atttypid
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (NO_PRIMARY_KEY, INDEX, TYPE)
