"""A new object gets exactly the declared privileges: further grants of default privileges are revoked.

``ALTER DEFAULT PRIVILEGES`` of a platform or a DBA grants privileges on every object that a role creates, and
row-level security does not apply to TRUNCATE.
"""

from __future__ import annotations

from collections.abc import Iterable

from app_schema.ddl.sql import dollar, literal, literals, qualified

KEEP = "app_schema.default_privileges"
"""Setting of a database or role: ``keep`` keeps the grants of default privileges on new objects."""

_REVOKE = """
DECLARE
  revoke text;
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_default_acl) THEN -- else the next query is not even planned
  FOR revoke IN
    SELECT DISTINCT concat('REVOKE ALL ON ', p.place, ' FROM ',
                           CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END)
      FROM pg_catalog.pg_default_acl AS d, aclexplode(d.defaclacl) AS x, LATERAL ({places}) AS p(type, place)
     WHERE d.defaclobjtype = p.type::"char" AND d.defaclrole = quote_ident(current_user)::regrole
       AND x.grantee <> d.defaclrole
       AND x.grantee NOT IN (SELECT 0 WHERE {public} UNION ALL SELECT r.oid
                               FROM pg_catalog.pg_roles AS r WHERE r.rolname = ANY ({granted}))
       AND current_setting('{keep}', true) IS DISTINCT FROM 'keep'
  LOOP
    EXECUTE revoke;
  END LOOP;{grant}
  END IF;
END
"""
_TO_PUBLIC = """
  IF EXISTS (SELECT FROM pg_catalog.pg_default_acl AS d WHERE d.defaclobjtype = '{type}'
                AND d.defaclrole = quote_ident(current_user)::regrole AND d.defaclnamespace = 0)
     AND current_setting('{keep}', true) IS DISTINCT FROM 'keep' THEN
    GRANT {privilege} ON {target} TO PUBLIC;
  END IF;"""
_SEQUENCES = """\
SELECT 'S', 'SEQUENCE ' || c.oid::regclass FROM pg_catalog.pg_class AS c, pg_catalog.pg_depend AS o
 WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
   AND o.refclassid = o.classid AND o.refobjid = to_regclass({table}) AND c.relkind = 'S'"""

_NOTED = "app_schema.noted_objects"
"""Setting of a session: the objects of the role before handwritten SQL."""
_OBJECTS = """\
SELECT CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS type,
       CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass AS place, c.oid,
       'pg_catalog.pg_class'::regclass AS class
  FROM pg_catalog.pg_class AS c
 WHERE c.relowner = quote_ident(current_user)::regrole AND c.relkind = ANY ('{r,p,v,m,f,S}')
   AND c.relpersistence <> 't'
UNION ALL
SELECT 'f', 'ROUTINE ' || p.oid::regprocedure, p.oid, 'pg_catalog.pg_proc'::regclass
  FROM pg_catalog.pg_proc AS p WHERE p.proowner = quote_ident(current_user)::regrole AND p.oid >= 16384
UNION ALL
SELECT 'T', 'TYPE ' || y.oid::regtype, y.oid, 'pg_catalog.pg_type'::regclass
  FROM pg_catalog.pg_type AS y LEFT JOIN pg_catalog.pg_class AS c ON c.oid = y.typrelid
 WHERE y.typowner = quote_ident(current_user)::regrole AND y.oid >= 16384
   AND y.typcategory <> 'A' AND coalesce(c.relkind, 'c') = 'c'
UNION ALL
SELECT 'n', 'SCHEMA ' || n.oid::regnamespace, n.oid, 'pg_catalog.pg_namespace'::regclass
  FROM pg_catalog.pg_namespace AS n
 WHERE n.nspowner = quote_ident(current_user)::regrole AND n.oid >= 16384"""
# the objects of an extension have the privileges that its script gives them
_UNNOTED = f"""\
SELECT o.type, o.place FROM ({_OBJECTS}) AS o
 WHERE concat(o.type, o.oid) <> ALL (string_to_array(current_setting('{_NOTED}', true), ' '))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                    WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype = 'e')"""


def note_objects() -> str:
    """The statement before handwritten SQL: notes in the session which objects the role has."""
    noted = f"(SELECT string_agg(concat(o.type, o.oid), ' ') FROM ({_OBJECTS}) AS o)"
    return f"SELECT set_config('{_NOTED}', concat('objects ', {noted}), false)"


def of_unnoted() -> str:
    """The statement after handwritten SQL; a built-in privilege of PUBLIC is kept."""
    return _revoke(_UNNOTED, "p.type IN ('f', 'T')")


def of_object(type_: str, target: str, *, public: str = "", granted: Iterable[str] = ()) -> str:
    """The statement after the CREATE of an object.

    :param type_: defaclobjtype of pg_default_acl.
    :param target: the object as GRANT names it, ``TABLE public.t``.
    :param public: the built-in privilege of PUBLIC on such an object; default privileges may revoke it.
    :param granted: the roles whose grants the CREATE itself declares.
    """
    grant = _TO_PUBLIC.format(type=type_, keep=KEEP, privilege=public, target=target) if public else ""
    is_public = str(bool(public)).lower()
    return _revoke(f"SELECT {literal(type_)}, {literal(target)}", is_public, granted, grant)


def of_table(table: str, schema: str | None) -> str:
    """The statement after CREATE TABLE; also for the sequences of serial and identity columns."""
    real = qualified(table, schema)
    sequences = _SEQUENCES.format(table=literal(real))
    return _revoke(f"SELECT 'r', {literal(f'TABLE {real}')} UNION ALL {sequences}")


def of_column(table: str, column: str, schema: str | None) -> str:
    """The statement after ADD COLUMN, for the sequence of a serial or identity column."""
    sequences = _SEQUENCES.format(table=literal(qualified(table, schema)))
    number = f"""(SELECT a.attnum FROM pg_catalog.pg_attribute AS a
                          WHERE a.attrelid = o.refobjid AND a.attname = {literal(column)})"""
    return _revoke(f"{sequences} AND o.refobjsubid = {number}")


def _revoke(places: str, public: str = "false", granted: Iterable[str] = (), grant: str = "") -> str:
    """
    :param places: query of the objects ``p``: defaclobjtype, and the object as REVOKE names it.
    :param public: SQL expression: PUBLIC has a built-in privilege on the object.
    """
    body = _REVOKE.format(places=places, public=public, granted=literals(granted), keep=KEEP, grant=grant)
    return "DO " + dollar(body, "privileges")
