"""The SQL console: one query, in a read-only transaction, as the chosen person.

READ ONLY alone is not enough: a function of a query may set the role, the person or a timeout, read a file
or stop a session. So PostgreSQL first parses the query, as a temporary view that is rolled back. The parsed
tree has the OID of every function that the text calls, however the text spells it. A VOLATILE function is
refused unless it is known to change nothing; so is a function that takes SQL as a text. What the functions,
views and types of the database do themselves is the matter of who created them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from app_schema.application import Acting
from app_schema.errors import AppSchemaError
from app_schema.migrations.failure import explained
from app_schema.studio.grid import Grid, execute_one, grid, wrapped
from app_schema.studio.plan import PlanStep, tree
from app_schema.studio.session import SETTINGS, as_person


class HarmfulQueryError(AppSchemaError):
    """The console does not run this text."""


_VIEW = "studio_statement"
_PARSE = f"CREATE TEMPORARY VIEW {_VIEW} AS {wrapped('{}', '1 AS one')}"
_BEFORE = len(_PARSE.partition("{}")[0])
_HARMLESS = frozenset(
    {"random", "random_normal", "setseed", "clock_timestamp", "timeofday"}
    | {"gen_random_uuid", "uuidv4", "uuidv7", "pg_is_in_recovery", "pg_blocking_pids"}
    | {"pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size"}
    | {"pg_database_size", "pg_tablespace_size", "pg_column_compression"}
)
"""VOLATILE functions of pg_catalog that change nothing and read no file."""
_SECRET = frozenset(
    {"pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings", "pg_subscription"}
    | {"pg_hba_file_rules", "pg_file_settings", "_pg_user_mappings", "user_mapping_options"}
)
"""Relations with passwords, or the digests of some."""
# tablefunc and xml2 declare functions STABLE that run any SQL; those for XML read any table
_CALLED = sa.text(rf"""
WITH found AS (
  SELECT match[1] AS what, match[2]::oid AS oid
    FROM pg_catalog.pg_rewrite AS r
         CROSS JOIN regexp_matches(r.ev_action::text, ':(\w+) (\d+)', 'g') AS match
   WHERE r.ev_class = pg_catalog.to_regclass('pg_temp.{_VIEW}')
), called AS (
  SELECT oid FROM found WHERE what IN ('funcid', 'opfuncid', 'aggfnoid', 'winfnoid')
   UNION
  SELECT o.oprcode FROM found JOIN pg_catalog.pg_operator AS o ON what = 'opno' AND o.oid = found.oid
   UNION
  SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn]::oid[])
    FROM found JOIN pg_catalog.pg_aggregate AS a
      ON what IN ('aggfnoid', 'winfnoid') AND a.aggfnoid = found.oid
)
SELECT p.oid::regprocedure::text AS name, p.provolatile = 'v' AS volatile
  FROM called JOIN pg_catalog.pg_proc AS p USING (oid)
 WHERE (p.provolatile = 'v'
        AND NOT (p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (:harmless)))
    OR p.proname ~ '^(crosstab|connectby|xpath_table|(table|schema|database)_to_xml)'
 UNION ALL
SELECT c.oid::regclass::text, NULL
  FROM found JOIN pg_catalog.pg_class AS c ON what = 'relid' AND c.oid = found.oid
 WHERE c.relname = ANY (:secret)
   AND c.relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema')
 ORDER BY 1 LIMIT 1""")
_IDENTITY = sa.text("""\
SELECT session_user, current_user, pg_catalog.current_setting('role'),
       pg_catalog.current_setting('transaction_read_only'), pg_catalog.current_setting(:setting, true)""")


def query(engine: sa.Engine, text: str, person: str | None, acting: Acting | None) -> Grid:
    """The first rows of a query.

    :param person: the person who queries; None: the login.
    :raises HarmfulQueryError: if the text is not one harmless query.
    """
    text = _stripped(text)
    with _read_only(engine, text, person, acting) as connection:
        return grid(connection, text)


def plan(
    engine: sa.Engine, text: str, person: str | None, acting: Acting | None, *, analyze: bool
) -> PlanStep:
    """The plan of a query as a tree; `analyze` runs the query too, and measures."""
    text = _stripped(text)
    options = "FORMAT JSON, ANALYZE, BUFFERS" if analyze else "FORMAT JSON"
    with _read_only(engine, text, person, acting) as connection:
        ((plans,),) = execute_one(connection, f"EXPLAIN ({options}) {wrapped(text)}").fetchall()
        return tree(plans[0]["Plan"])


def _stripped(text: str) -> str:
    return re.sub(r"[\s;]+$", "", text)


@contextmanager
def _read_only(
    engine: sa.Engine, text: str, person: str | None, acting: Acting | None
) -> Iterator[sa.Connection]:
    """A read-only transaction for a text that is harmless.

    :raises HarmfulQueryError: also if the text has changed who asks.
    """
    writable = engine.connect().execution_options(postgresql_readonly=False)  # a login may read by default
    with writable as connection, as_person(connection, person, acting):
        connection.exec_driver_sql(SETTINGS)
        _require_harmless(connection, text)
        connection.rollback()
    with (
        engine.connect().execution_options(postgresql_readonly=True) as connection,
        as_person(connection, person, acting),
    ):
        connection.exec_driver_sql(SETTINGS)
        setting = {"setting": acting.setting if acting else "role"}
        identity = connection.execute(_IDENTITY, setting).one()
        yield connection
        if connection.execute(_IDENTITY, setting).one() != identity:
            raise HarmfulQueryError("The query changed who asks: its rows are not shown.")
        connection.rollback()


def _require_harmless(connection: sa.Connection, text: str) -> None:
    """Raises HarmfulQueryError unless the text is one query that calls no function with an effect."""
    try:
        execute_one(connection, _PARSE.replace("{}", text, 1))
    except psycopg.Error as error:
        raise HarmfulQueryError(_refusal(error, text)) from error
    called = connection.execute(_CALLED, {"harmless": list(_HARMLESS), "secret": list(_SECRET)}).one_or_none()
    if called is None:
        return
    if called.volatile is None:
        raise HarmfulQueryError(f"{called.name} holds passwords: the console does not show it.")
    reason = "is VOLATILE and may have an effect" if called.volatile else "reads what a text names"
    raise HarmfulQueryError(
        f"The query calls {called.name}, which {reason}: the console only reads. "
        "Declare a function of your own STABLE if it only reads."
    )


def _refusal(error: psycopg.Error, text: str) -> str:
    """The refusal of PostgreSQL, with the line of the text."""
    message, position = str(explained(error)), error.diag.statement_position
    if position is not None and 0 < int(position) - _BEFORE <= len(text):
        message += f"\nline {text.count(chr(10), 0, int(position) - _BEFORE - 1) + 1} of the query"
    if error.sqlstate == "42601":
        message += "\nThe console takes one SELECT, VALUES, TABLE or WITH, and changes nothing."
    if error.sqlstate == "25006" or "temporary" in message:
        message += (
            "\nThe console creates a temporary view, to see which functions the query calls: "
            "it needs a primary, and GRANT TEMPORARY ON DATABASE for the role."
        )
    return message
