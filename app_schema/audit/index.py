"""Indexes that cost time and serve no query."""

from app_schema.audit.check import Check

# Of two equal indexes the report keeps the primary key, else the index that a foreign key needs, else the
# index of a constraint, else the older.
DUPLICATE = Check(
    "duplicate_index",
    """
    SELECT 'warning', 'index ' || a.name, format('it is the same as %s on %s', b.name, a.table_name),
           CASE WHEN a.conname IS NULL
                THEN format('DROP INDEX %s%s;', CASE a.relkind WHEN 'i' THEN 'CONCURRENTLY ' ELSE '' END, a.name)
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I;', a.table_name, a.conname) END
      FROM ranked AS a
      JOIN LATERAL (
        SELECT b.name FROM ranked AS b
         WHERE b.indrelid = a.indrelid AND b.rank < a.rank AND b.relam = a.relam
           AND (b.indisunique OR NOT a.indisunique)
           AND (b.indnullsnotdistinct = a.indnullsnotdistinct OR NOT a.indisunique)
           AND (b.keys, b.included, b.classes, b.collations, b.options)
               IS NOT DISTINCT FROM (a.keys, a.included, a.classes, a.collations, a.options)
           AND (b.predicate, b.expressions) IS NOT DISTINCT FROM (a.predicate, a.expressions)
         ORDER BY b.rank LIMIT 1
      ) AS b ON true
     WHERE NOT a.indisexclusion
    """,  # noqa: E501 - one line is one expression
)

# A unique index constrains the data and is never redundant.
REDUNDANT = Check(
    "redundant_index",
    """
    SELECT 'warning', 'index ' || a.name,
           format('%s on %s begins with the same columns and serves the same queries', min(b.name), a.table_name),
           format('DROP INDEX %s%s;', CASE a.relkind WHEN 'i' THEN 'CONCURRENTLY ' ELSE '' END, a.name)
      FROM idx AS a
      JOIN idx AS b ON b.indrelid = a.indrelid AND b.indisvalid AND b.relam = a.relam AND b.indnkeyatts > a.indnkeyatts
     WHERE a.amname = 'btree' AND a.indisvalid AND NOT a.indisunique AND a.expressions IS NULL AND a.included = '{}'
       AND b.predicate IS NOT DISTINCT FROM a.predicate
       AND (b.keys[1:a.indnkeyatts], b.classes[1:a.indnkeyatts], b.collations[1:a.indnkeyatts], b.options[1:a.indnkeyatts])
           IS NOT DISTINCT FROM (a.keys, a.classes, a.collations, a.options)
     GROUP BY a.name, a.relkind, a.table_name
    """,  # noqa: E501 - one line is one expression
)

INVALID = Check(
    "invalid_index",
    """
    SELECT 'error', 'index ' || i.name,
           format('it is INVALID: a concurrent build on %s was interrupted; writes update the index, and no query reads it', i.table_name),
           format('REINDEX INDEX CONCURRENTLY %s;', i.name)
      FROM idx AS i WHERE NOT i.indisvalid AND i.relkind = 'i'
    """,  # noqa: E501 - one line is one expression
)

# PostgreSQL evaluates a policy before any operator that is not leakproof, so such an operator is no index
# condition. Unique indexes and exclusions are left out, because they constrain the data; expressions are not
# examined.
NOT_LEAKPROOF = Check(
    "index_past_row_security",
    """
    SELECT 'info', 'index ' || i.name,
           format('no operator of %s, by which it finds rows of %s, is leakproof: it serves no query under row security; '
                  'ask by a SECURITY DEFINER function that names the caller, or index text or a boolean', o.opcname, i.table_name),
           format('DROP INDEX %s%s;', CASE i.relkind WHEN 'i' THEN 'CONCURRENTLY ' ELSE '' END, i.name)
      FROM idx AS i
      JOIN tab AS t ON t.oid = i.indrelid AND t.relrowsecurity
      JOIN pg_catalog.pg_opclass AS o ON o.oid = i.classes[1]
     CROSS JOIN LATERAL (
        SELECT bool_or(p.proleakproof) AS some
          FROM pg_catalog.pg_amop AS a
          JOIN pg_catalog.pg_operator AS r ON r.oid = a.amopopr JOIN pg_catalog.pg_proc AS p ON p.oid = r.oprcode
         WHERE a.amopfamily = o.opcfamily AND a.amoplefttype = o.opcintype AND a.amoppurpose = 's'
      ) AS leakproof
     WHERE NOT i.indisunique AND NOT i.indisexclusion AND i.keys[1] <> 0 AND NOT leakproof.some
    """,  # noqa: E501 - one line is one expression
)

CHECKS = (DUPLICATE, REDUNDANT, INVALID, NOT_LEAKPROOF)
