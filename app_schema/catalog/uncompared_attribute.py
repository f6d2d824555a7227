"""Attributes of compared objects, and of the database, that a comparison leaves out: one query names them."""

from __future__ import annotations

from app_schema.ddl.catalog_query import FIRST_OID
from app_schema.ddl.default_privileges import MIGRATES
from app_schema.ddl.mark import MARK
from app_schema.ddl.not_null import CHOSEN
from app_schema.ddl.sequence import OTHER_NAME

# the database postgres has a comment of initdb
_OF_DATABASE = f"""\
UNION
SELECT 'grants on the database', NULL, 'database_grant' FROM pg_catalog.pg_database AS d
 WHERE d.datname = current_database()
   AND NOT (d.datacl @> acldefault('d', d.datdba) AND d.datacl <@ acldefault('d', d.datdba))
UNION
SELECT 'connection limit of the database', NULL, NULL FROM pg_catalog.pg_database AS d
 WHERE d.datname = current_database() AND d.datconnlimit >= 0
UNION
SELECT 'comment on the database', NULL, NULL FROM pg_catalog.pg_database AS d
 WHERE d.datname = current_database() AND d.oid >= {FIRST_OID}
   AND shobj_description(d.oid, 'pg_database') IS NOT NULL
UNION
SELECT 'settings of the database' || coalesce(' for role ' || nullif(s.setrole, 0)::regrole, ''), NULL,
       'setting'
  FROM pg_catalog.pg_db_role_setting AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase AND d.datname = current_database()
UNION
SELECT format('default privileges of role %I', pg_get_userbyid(d.defaclrole)), n.nspname, NULL
  FROM pg_catalog.pg_default_acl AS d LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
 WHERE NOT {MIGRATES}
"""

_OF_NOT_NULLS = f"""\
UNION
SELECT format('%s of %s %s', a.attribute, i.type, i.identity), i.schema, 'not_null'
  FROM pg_catalog.pg_constraint AS t
 CROSS JOIN LATERAL (
       SELECT 'NO INHERIT' WHERE t.connoinherit
       UNION ALL
       SELECT 'name' WHERE t.conname !~ '{CHOSEN}') AS a(attribute)
 CROSS JOIN LATERAL pg_identify_object('pg_catalog.pg_constraint'::regclass, t.oid, 0) AS i
 WHERE t.contype = 'n' AND t.conrelid >= {FIRST_OID} AND t.conislocal
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = t.conrelid
                      AND d.deptype = 'e')
UNION
SELECT format('name of NOT NULL %I of domain %s', t.conname, i.identity), i.schema, NULL
  FROM pg_catalog.pg_constraint AS t
 CROSS JOIN LATERAL pg_identify_object('pg_catalog.pg_type'::regclass, t.contypid, 0) AS i
 WHERE t.contype = 'n' AND t.contypid >= {FIRST_OID} AND t.conname !~ '{CHOSEN}'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.contypid
                      AND d.deptype = 'e')
"""

_OF_SEQUENCES = f"""\
UNION
SELECT format('%s of the sequence of identity column %s', v.attribute, i.identity), i.schema, NULL
  FROM pg_catalog.pg_sequence AS q
  JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = q.seqrelid AND d.deptype = 'i'
  JOIN pg_catalog.pg_class AS s ON s.oid = q.seqrelid
  JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
 CROSS JOIN LATERAL (
       SELECT 'name' WHERE {OTHER_NAME}
       UNION ALL
       SELECT CASE s.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END
        WHERE s.relpersistence <> c.relpersistence) AS v(attribute)
 CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) AS i
"""

LOST = ("privileges revoked from the owner of ", "DEPENDS ON EXTENSION of ")
"""The start of labels of attributes that PostgreSQL drops with their object; its name follows."""

_ACLS = (
    (
        "pg_class",
        "rel",
        "NULL",
        "CASE o.relkind WHEN 'S' THEN 's' ELSE 'r' END",
        "o.relkind <> ALL ('{i,I,t,c}')",
    ),
    ("pg_proc", "pro", "NULL", "'f'", "true"),
    ("pg_type", "typ", "NULL", "'T'", "true"),
    ("pg_namespace", "nsp", "o.nspname", "'n'", "true"),
    ("pg_language", "lan", "NULL", "'l'", "true"),
    ("pg_foreign_data_wrapper", "fdw", "NULL", "'F'", "true"),
    ("pg_foreign_server", "srv", "NULL", "'S'", "true"),
)
"""Catalogs with privileges: prefix of the columns, schema, letter of acldefault, condition."""
_OWNED = "\n        UNION ALL\n        ".join(
    f"SELECT 'pg_catalog.{catalog}'::regclass, o.oid, o.{prefix}acl, o.{prefix}owner, {schema}, {letter}\n"
    f"          FROM pg_catalog.{catalog} AS o WHERE {condition}"
    for catalog, prefix, schema, letter, condition in _ACLS
)

# a grant to another role is compared; of the owner a missing privilege is the difference
_OF_OWNERS = f"""\
UNION
SELECT format('privileges revoked from the owner of %s %s', i.type, i.identity), coalesce(i.schema, o.schema),
       NULL
  FROM ({_OWNED}) AS o(class, oid, acl, owner, schema, letter)
 CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
 WHERE o.acl IS NOT NULL AND (o.oid >= {FIRST_OID} OR o.schema = 'public')
   AND EXISTS (SELECT x.privilege_type FROM aclexplode(acldefault(o.letter::"char", o.owner)) AS x
                WHERE x.grantee = o.owner
               EXCEPT
               SELECT x.privilege_type FROM aclexplode(o.acl) AS x WHERE x.grantee = o.owner)
"""

# CREATE EXTENSION sets the comment of the extension's files; `mark` sets its own
_ON_EXTENSIONS = f"""\
UNION
SELECT format('comment on extension %I', e.extname), NULL, NULL
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
 CROSS JOIN LATERAL (SELECT obj_description(e.oid, 'pg_extension') AS comment) AS d
 WHERE d.comment IS DISTINCT FROM a.comment AND coalesce(position('{MARK}' IN d.comment), 0) = 0
UNION
SELECT format('DEPENDS ON EXTENSION of %s %s', i.type, i.identity), i.schema, NULL
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
 CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
 WHERE d.deptype = 'x'
"""

UNCOMPARED_ATTRIBUTES = _OF_DATABASE + _OF_NOT_NULLS + _OF_SEQUENCES + _OF_OWNERS + _ON_EXTENSIONS
"""Terms of a UNION of (label, schema, kind): a kind compares the attribute if one of it is declared."""
