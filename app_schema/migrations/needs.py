"""The requirements of pending revisions on the server and the role, checked before the first DDL.

The requirements are collected from the queued statements; one block, sent before them, names all that are
missing, each with its remedy.
"""

from __future__ import annotations

import json
from functools import singledispatch
from typing import NamedTuple

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.named_types import CreateEnumType
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, CreateTable

from app_schema.ddl import Create, Extension, Grant, Role
from app_schema.ddl.role import KEPT, PRINTED
from app_schema.ddl.sql import dollar, literal, sequence
from app_schema.migrations.stamping import CreatePlace

NOT_READY = "AS003"
"""SQLSTATE of a database in which the pending revisions cannot run."""
_TRIED = "AS004"
"""SQLSTATE that rolls back a tried CREATE EXTENSION."""


class Need(NamedTuple):
    """An object to create, and its schema.

    `words`: the declared attributes of a role, or the privileges of a grant on a schema to the role `name`.
    """

    kind: str
    name: str
    schema: str | None = None
    words: str | None = None


@singledispatch
def need(construct: object) -> Need | None:
    """The requirement of a DDL construct on server and role; None: none that can be checked before."""
    del construct
    return None


@need.register
def _(construct: Create) -> Need | None:
    element = construct.element
    if isinstance(element, Role):
        return Need("role", element.name, words=element.required)
    if isinstance(element, Extension):
        return Need("extension", element.name, element.schema)
    if isinstance(element, Grant) and element.table is None and element.function is None:
        to = "PUBLIC" if element.to.upper() == "PUBLIC" else element.to
        return Need("grant", to, element.schema, ", ".join(sequence(element.privileges)))
    if element.kind == "schema":
        return Need("schema", element.name)
    return Need("object", element.name, element.schema)


@need.register
def _(construct: CreateSchema) -> Need | None:
    return Need("schema", str(construct.element))


@need.register
def _(construct: CreatePlace) -> Need | None:
    return Need("schema", construct.schema)


@need.register
def _(construct: CreateEnumType) -> Need | None:
    return Need("object", str(construct.element.name), construct.element.schema)


@need.register
def _(construct: CreateTable) -> Need | None:
    return Need("table", construct.element.name, construct.element.schema)


# A role without SUPERUSER may create a trusted extension, if it may create in the database. Platforms have
# their own rules for the other extensions, in no catalog: only the statement itself shows them.
_TRY_EXTENSION = f"""\
BEGIN
  EXECUTE concat(format('CREATE EXTENSION %I', need.name), ' SCHEMA ' || quote_ident(need.schema));
  RAISE EXCEPTION USING ERRCODE = '{_TRIED}';
EXCEPTION
  WHEN insufficient_privilege THEN
    problems := problems || concat(format(
      '%s may not create the extension %s: as a superuser or in the provider''s console, run '
      'CREATE EXTENSION %I', current_user, need.name, need.name), ' SCHEMA ' || quote_ident(need.schema));
  WHEN OTHERS THEN NULL;
END"""

_CHECK = """
DECLARE
  may_create boolean := has_database_privilege(current_database(), 'CREATE');
  superuser boolean := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
  problems text[] := '{{}}';
  need record;
BEGIN
  FOR need IN SELECT * FROM json_to_recordset({needs})
                AS n(kind text, name text, schema text, words text) LOOP
    IF need.kind = 'extension' AND NOT superuser
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = need.name)
       AND EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS a
                     JOIN pg_catalog.pg_available_extension_versions AS v
                       ON v.name = a.name AND v.version = a.default_version
                    WHERE a.name = need.name AND NOT v.trusted) THEN
      {try_extension};
      CONTINUE;
    END IF;
    problems := problems || CASE
      WHEN need.kind = 'extension'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = need.name)
      THEN CASE
        WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS a WHERE a.name = need.name)
        THEN format('the extension %s is not available on this server: '
                    'install it, or enable it at the provider', need.name)
        WHEN NOT may_create
        THEN format('%s may not create the extension %s: GRANT CREATE ON DATABASE %I TO %I',
                    current_user, need.name, current_database(), current_user) END
      WHEN need.kind = 'role' AND NOT superuser
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = need.name)
           AND NOT (SELECT r.rolcreaterole FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)
      THEN format('%s may not create the role %s: ALTER ROLE %I CREATEROLE, or have the role created',
                  current_user, need.name, current_user)
      WHEN need.kind = 'role'
      THEN (SELECT {different} FROM pg_catalog.pg_roles AS r
             WHERE r.rolname = need.name AND EXISTS (SELECT FROM {words}))
      WHEN need.kind = 'grant'
      THEN (SELECT format('%s may not grant on the schema %s: ', current_user, need.schema)
                   || CASE pg_get_userbyid(n.nspowner) WHEN 'pg_database_owner'
                      THEN format('ALTER DATABASE %I OWNER TO %I', current_database(), current_user)
                      ELSE format('ALTER SCHEMA %I OWNER TO %I', need.schema, current_user) END
                   || format('; or as its owner, GRANT %s ON SCHEMA %I TO %s', need.words, need.schema,
                             CASE need.name WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(need.name) END)
              FROM pg_catalog.pg_namespace AS n
             WHERE n.nspname = need.schema AND EXISTS (
                   SELECT FROM regexp_split_to_table(need.words, ', ') AS w(word)
                    WHERE NOT has_schema_privilege(n.oid, w.word || ' WITH GRANT OPTION')
                      AND NOT EXISTS (
                          SELECT FROM aclexplode(n.nspacl) AS x
                            LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.grantee
                           WHERE x.privilege_type = w.word
                             AND coalesce(r.rolname, 'PUBLIC') = need.name)))
      WHEN need.kind = 'schema'
           AND NOT may_create
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = need.name)
      THEN format('%s may not create the schema %s: GRANT CREATE ON DATABASE %I TO %I',
                  current_user, need.name, current_database(), current_user)
      WHEN need.kind = 'table'
           AND EXISTS (SELECT FROM pg_catalog.pg_namespace AS n
                        WHERE n.nspname = coalesce(need.schema, 'public')
                          AND NOT has_schema_privilege(n.oid, 'CREATE'))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                            WHERE c.relname = need.name AND n.nspname = coalesce(need.schema, 'public'))
      THEN format('%s may not create tables in the schema %s: GRANT CREATE ON SCHEMA %I TO %I',
                  current_user, coalesce(need.schema, 'public'), coalesce(need.schema, 'public'),
                  current_user)
    END;
  END LOOP;
  problems := ARRAY(SELECT DISTINCT p FROM unnest(problems) AS p WHERE p IS NOT NULL ORDER BY p);
  IF problems <> '{{}}' THEN
    RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'the pending revisions cannot be applied here',
      DETAIL = array_to_string(problems, E'\\n');
  END IF;
END
"""


# Roles belong to the cluster: an existing role of the name may have attributes that another database needs.
# LOGIN is never removed: a person or program may log in as the role.
_WORDS = "regexp_split_to_table({}, ' ') WITH ORDINALITY"
_DIFFERENT_WORDS = f"""\
{_WORDS.format(PRINTED)} AS f(word, n) JOIN {_WORDS.format("need.words")} AS d(word, n) USING (n)
  WHERE d.word NOT IN (f.word, {literal(KEPT)})"""
_OTHER_ROLE = f"""\
(SELECT format('the role %s already exists with other attributes: it has %s, declared is %s; ', need.name,
          string_agg(f.word, ' ' ORDER BY n), string_agg(d.word, ' ' ORDER BY n))
        || concat_ws('; or ', format('ALTER ROLE %I ', need.name)
             || string_agg(d.word, ' ' ORDER BY n) FILTER (WHERE f.word <> 'LOGIN'),
             CASE WHEN bool_or(f.word = 'LOGIN')
                  THEN 'write login=True, or login=None to keep it, in the revision too' END)
   FROM {_DIFFERENT_WORDS})"""


def block(needs: list[Need]) -> str:
    """The statement that refuses if a requirement is missing, and lists all missing ones."""
    filled = _CHECK.format(
        needs=literal(json.dumps([need._asdict() for need in needs])),
        state=NOT_READY,
        different=_OTHER_ROLE,
        words=_DIFFERENT_WORDS,
        try_extension=_TRY_EXTENSION,
    )
    return "DO " + dollar(filled, "preflight")


def missing(connection: sa.Connection, needs: list[Need]) -> list[str]:
    """A line for each missing requirement, with its remedy; the connection is usable afterwards.

    :raises DBAPIError: for any other error.
    """
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(block(needs), execution_options={"no_parameters": True})
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.Error) or error.orig.sqlstate != NOT_READY:
            raise
        return (error.orig.diag.message_detail or "").splitlines()
    return []
