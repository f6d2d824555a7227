"""Checks before the first DDL, so that a run that must fail does not start.

The facts of the session describe the server. The requirements of the pending revisions are collected from
their queued statements, and a block before the statements checks the requirements.
"""

from __future__ import annotations

import json
from functools import singledispatch
from typing import Any

import psycopg
from sqlalchemy.dialects.postgresql.named_types import CreateEnumType
from sqlalchemy.schema import CreateSchema, CreateTable

from app_schema.ddl import Create, Role
from app_schema.ddl.role import KEPT, PRINTED
from app_schema.ddl.sql import dollar, literal
from app_schema.errors import ServerError
from app_schema.events import say
from app_schema.migrations.session import Facts, MigrationSession

NOT_READY = "AS003"
"""SQLSTATE of a database in which the pending revisions cannot run."""
FEW = 3

Need = tuple[str, str, str | None]
"""Kind, name, and schema of the object to create; of a role the attributes instead of the schema."""


def check(session: MigrationSession, facts: Facts) -> None:
    """Refuses a server on which no revision can run.

    :raises ServerError: with the remedy; the session is unchanged.
    """
    if session.pid not in {None, facts.pid}:
        if _shared(session):
            raise ServerError(
                "The connection uses a transaction pooler: locks and settings would be lost, or "
                "leak to others. Set the direct endpoint in DIRECT_DATABASE_URL or DATABASE_URL."
            )
        session.pid = facts.pid
    if facts.recovery:
        raise ServerError("The server is a read replica (in recovery): set the URL of the primary.")
    if facts.read_only:
        raise ServerError(
            "The session is read-only (default_transaction_read_only is on for the server, the database or "
            "the role): switch it off for the role that migrates."
        )
    if facts.free_slots < FEW:
        say(f"only {max(facts.free_slots, 0)} connections are left on the server")


def _shared(session: MigrationSession) -> bool:
    """True if a pooler lends the backend to other sessions between transactions.

    A pooler that lends a backend for a whole session passes.
    """
    driver = session.driver
    assert driver is not None
    mine = driver.execute("SELECT pg_backend_pid()").fetchone()
    if not session.external:
        driver.rollback()
    parameters: dict[str, Any] = {**driver.info.get_parameters(), "password": driver.info.password}
    try:
        with psycopg.connect(**parameters, prepare_threshold=None) as other:
            theirs = other.execute(
                "SELECT pg_backend_pid()"
            ).fetchone()  # keeps the backend, because the transaction is open
            if theirs == mine:
                return True
            now = driver.execute("SELECT pg_backend_pid()").fetchone()
            if not session.external:
                driver.rollback()
            return now != mine
    except psycopg.Error:
        return True  # unknown; True is the safe answer


@singledispatch
def need(construct: object) -> Need | None:
    """The requirement of a DDL construct on server and role; None: none that can be checked before."""
    del construct
    return None


@need.register
def _(construct: Create) -> Need | None:
    element = construct.element
    if isinstance(element, Role):
        return ("role", element.name, element.required)
    kind = element.kind if element.kind in {"extension", "schema"} else "object"
    return (kind, element.name, None if kind != "object" else element.schema)


@need.register
def _(construct: CreateSchema) -> Need | None:
    return ("schema", str(construct.element), None)


@need.register
def _(construct: CreateEnumType) -> Need | None:
    return ("object", str(construct.element.name), construct.element.schema)


@need.register
def _(construct: CreateTable) -> Need | None:
    return ("table", construct.element.name, construct.element.schema)


_CHECK = """
DECLARE
  may_create boolean := has_database_privilege(current_database(), 'CREATE');
  superuser boolean := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
  problems text[] := '{{}}';
  need record;
BEGIN
  FOR need IN SELECT * FROM json_to_recordset({needs}) AS n(kind text, name text, schema text) LOOP
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
{_WORDS.format(PRINTED)} AS f(word, n) JOIN {_WORDS.format("need.schema")} AS d(word, n) USING (n)
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
    rows = [{"kind": kind, "name": name, "schema": schema} for kind, name, schema in needs]
    return "DO " + dollar(
        _CHECK.format(
            needs=literal(json.dumps(rows)), state=NOT_READY, different=_OTHER_ROLE, words=_DIFFERENT_WORDS
        ),
        "preflight",
    )
