"""The settings of every session of app_schema, regardless of server, database, role and environment.

The list serves the runner, the snapshot, the scratch database, the guards, the ``--sql`` script and the
commands, but not the engine of an application: there the application chooses the settings, and row security
filters.

Four settings keep the value of the database, because its objects and values depend on it: ``lc_monetary``
(the digits of a money), ``default_text_search_config``, ``default_tablespace``,
``default_table_access_method``.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

PRINTED: Mapping[str, str] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "timezone_abbreviations": "Default",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "xmlbinary": "base64",
    "xmloption": "content",
}
"""Settings on which the parsing and printing of literals and expressions depends."""

SESSION: Mapping[str, str] = {
    **PRINTED,
    "client_encoding": "UTF8",
    "lc_messages": "C",  # if the role may set it; no code depends on the words of a message
    "row_security": "off",  # PostgreSQL raises instead of filtering rows that are counted or written
    "default_transaction_isolation": "read committed",  # a guard must see what others have committed
    "session_replication_role": "origin",  # triggers fire
    "check_function_bodies": "on",
    "createrole_self_grant": "",
    "plpgsql.variable_conflict": "error",
    "plpgsql.extra_errors": "none",
    "plpgsql.extra_warnings": "none",
    "statement_timeout": "0",  # the time of CREATE INDEX depends on the table
    "transaction_timeout": "0",  # the same, since PostgreSQL 17
    "idle_in_transaction_session_timeout": "0",  # a comparison builds a scratch database meanwhile
    "idle_session_timeout": "0",
}
"""Settings for every statement of app_schema."""

LIVENESS: Mapping[str, str] = {
    "client_connection_check_interval": "500ms",  # ends a backend whose client has died
    # a network that drops packets reports no error: the server sends probes, and gives up after 25 s
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""The settings by which the server notices a dead client."""

ENCODING = "utf8"
CLIENT: Mapping[str, str | int] = {
    "client_encoding": ENCODING,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""The parameters of libpq, also for connections of an application: the encoding, and how soon the client
notices a dead server."""

SET = """\
  FOR setting IN SELECT * FROM json_each_text({settings}) LOOP
    old := coalesce(nullif(current_setting('app_schema.before.' || setting.key, true), ''),
                    current_setting(setting.key, true));
    CONTINUE WHEN old IS NULL OR old = setting.value;
    BEGIN
      PERFORM set_config(setting.key, setting.value, {local});
      before := before || jsonb_build_object(setting.key, old);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  old := nullif(current_setting('app_schema.before.search_path', true), '');
  IF old <> current_setting('search_path') THEN
    before := jsonb_build_object('search_path', old) || before;
  END IF;"""
"""PL/pgSQL that sets the settings that this version and platform have and the role may set.

``before`` (jsonb) holds the former values; ``setting`` is a record, ``old`` a text.
"""

_CATALOG_FIRST = (
    "pg_catalog.set_config('app_schema.before.search_path', "
    "pg_catalog.current_setting('search_path'), false), "
    "pg_catalog.set_config('search_path', pg_catalog.regexp_replace("
    "pg_catalog.current_setting('search_path'), ', *\"?pg_catalog\"?(?= *(,|$))', '', 'g'), false)"
)
"""SQL that deletes pg_catalog from search_path unless it is first: PostgreSQL then searches it first.

Behind another schema, functions and operators of that schema would run in place of the built-in ones.
"""

_REFUSED = "42501"
"""SQLSTATE of an absent right; the C function tells which one, because the message may be translated."""
_REMEDIES = {
    # the error of row_security = off
    "check_enable_rls": (
        "Row security would hide rows of that table from this role, so they cannot be counted or written: "
        "run as a superuser or as a role with BYPASSRLS (ALTER ROLE ... BYPASSRLS); the owner may also run "
        "ALTER TABLE ... NO FORCE ROW LEVEL SECURITY before, and FORCE ROW LEVEL SECURITY after."
    ),
    "aclcheck_error": (
        "Run as the owner, or as a role that has this right; a role that is a member of the owner without "
        "INHERIT acts as the owner with ?options=-crole%3DOWNER in the URL."
    ),
}
_REMEMBERED = "app_schema.pinned"


def parameters(configured: Iterable[str] = ()) -> dict[str, str | int]:
    """`CLIENT` without the parameters that a URL sets, except the encoding: SQL_ASCII returns bytes."""
    return {
        name: value for name, value in CLIENT.items() if name == "client_encoding" or name not in configured
    }


def keep_alive(descriptor: int) -> None:
    """Sets `CLIENT` on the socket of a connection that libpq opened without these parameters."""
    numbers = {
        "TCP_KEEPIDLE": CLIENT["keepalives_idle"],
        "TCP_KEEPINTVL": CLIENT["keepalives_interval"],
        "TCP_KEEPCNT": CLIENT["keepalives_count"],
        "TCP_USER_TIMEOUT": CLIENT["tcp_user_timeout"],
    }
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
        if line.family not in {socket.AF_INET, socket.AF_INET6}:
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in numbers.items():
            if (option := getattr(socket, name, None)) is not None:  # not every platform has each
                line.setsockopt(socket.IPPROTO_TCP, option, int(value))


def remedy(diagnostic: Diagnostic | None) -> str | None:
    """The remedy if the role has not the right to read, write or alter an object; None for any other
    error."""
    if diagnostic is None or diagnostic.sqlstate != _REFUSED:
        return None
    return _REMEDIES.get(diagnostic.source_function or "")


def calls(settings: Mapping[str, str], *, local: bool) -> str:
    """SQL: a list of calls that set settings that every role may set on every version."""
    return ", ".join(
        f"set_config({_literal(name)}, {_literal(value)}, {str(local).lower()})"
        for name, value in settings.items()
    )


def unlimited(pid: int | None = None) -> str:
    """The statement before all others: even the next one may need more time than the database allows, or
    call a function of another schema.

    `SET` reads the former values.

    :param pid: as for `pin`.
    """
    current = "pg_catalog.current_setting"
    remember = (
        f"pg_catalog.set_config('app_schema.before.{name}', {current}('{name}', true), false), "
        f"CASE WHEN {current}('{name}', true) OPERATOR(pg_catalog.<>) '0' "
        f"THEN pg_catalog.set_config('{name}', '0', false) END"
        for name in ("statement_timeout", "transaction_timeout")
    )
    condition = "" if pid is None else f" WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) {pid}"
    return f"SELECT {_CATALOG_FIRST}, {', '.join(remember)}{condition}"


def pin(settings: Mapping[str, str] | None = None, *, pid: int | None = None) -> str:
    """The two statements that set the settings of a session; `unpin` restores the former values.

    :param pid: the backend that the server named at login. A pooler lends another backend for a transaction,
        and settings would leak to other clients: then the statements set none.
    """
    check = "" if pid is None else f"  IF pg_backend_pid() <> {pid} THEN RETURN; END IF;\n"
    settings = {**SESSION, **LIVENESS} if settings is None else settings
    body = SET.format(settings=_literal(json.dumps(settings)), local="false")
    return (
        f"{unlimited(pid)};\n\n"  # statements of a script end with an empty line
        "DO $pinned$\nDECLARE\n  before jsonb := '{}';\n  setting record;\n  old text;\n"
        f"BEGIN\n{check}{body}\n  PERFORM set_config('{_REMEMBERED}', before::text, false);\nEND\n$pinned$"
    )


def unpin() -> str:
    """The statement that restores the settings before `pin`; without effect in another session."""
    return (
        "SELECT set_config(b.key, b.value, false) FROM "
        f"json_each_text(nullif(current_setting('{_REMEMBERED}', true), '')::json) AS b"
    )


def _literal(text: str) -> str:
    """Like ``ddl.sql.literal``, whose imports would slow down an upgrade without pending revisions."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
