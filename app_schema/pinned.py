"""The settings of a session of ours, whatever the server, the database, the role or the environment set.

One list, for the runner, the snapshot, the scratch database, the guards, the ``--sql`` script and the
commands. Not for the engine of an application: there the settings are the application's, and row security
filters.

Left alone, because what is in the database was made under the database's own: ``lc_monetary`` (the digits
of a money), ``default_text_search_config``, ``default_tablespace``, ``default_table_access_method``.
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
"""How PostgreSQL reads literals and expressions, and prints them again."""

SESSION: Mapping[str, str] = {
    **PRINTED,
    "client_encoding": "UTF8",
    "lc_messages": "C",  # where the role may set it; nothing is told apart by words
    "row_security": "off",  # PostgreSQL raises where it would filter rows that are counted or written
    "default_transaction_isolation": "read committed",  # a guard must see what others have committed
    "session_replication_role": "origin",  # triggers fire
    "check_function_bodies": "on",
    "createrole_self_grant": "",
    "plpgsql.variable_conflict": "error",
    "plpgsql.extra_errors": "none",
    "plpgsql.extra_warnings": "none",
    "statement_timeout": "0",  # an index takes as long as it takes
    "transaction_timeout": "0",  # the same, since PostgreSQL 17
    "idle_in_transaction_session_timeout": "0",  # a comparison builds a scratch database meanwhile
    "idle_session_timeout": "0",
}
"""What holds for every statement of ours."""

LIVENESS: Mapping[str, str] = {
    "client_connection_check_interval": "500ms",  # ends a backend whose client has died
    # a network that drops packets says nothing: the server asks, and gives up after 25 s
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""How soon the server notices that the client is gone."""

ENCODING = "utf8"
CLIENT: Mapping[str, str | int] = {
    "client_encoding": ENCODING,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""The parameters of libpq, at an application's connections too: the encoding, and how soon the client notices
that the server is gone."""

SET = """\
  FOR one IN SELECT * FROM json_each_text({settings}) LOOP
    old := current_setting(one.key, true);
    CONTINUE WHEN old IS NULL OR old = one.value;
    BEGIN
      PERFORM set_config(one.key, one.value, {local});
      before := before || jsonb_build_object(one.key, old);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;"""
"""PL/pgSQL that sets what this version and platform know and the role may set.

``before`` (jsonb) remembers what was changed; ``one`` is a record, ``old`` a text.
"""

_REFUSED = ("42501", "check_enable_rls")
"""SQLSTATE and function of the server in which ``row_security = off`` raises; its words may be Japanese."""
_REMEMBERED = "app_schema.pinned"


def parameters(given: Iterable[str] = ()) -> dict[str, str | int]:
    """`CLIENT` without what a URL says otherwise; but the encoding is ours: SQL_ASCII gives bytes."""
    return {name: value for name, value in CLIENT.items() if name == "client_encoding" or name not in given}


def keep_alive(descriptor: int) -> None:
    """Sets `CLIENT` at the socket of a connection that libpq opened without it, as for an application."""
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
    """What to do where PostgreSQL raised because row security would hide rows; None: for another reason."""
    if diagnostic is None or (diagnostic.sqlstate, diagnostic.source_function) != _REFUSED:
        return None
    return (
        "Row security would hide rows of that table from this role, so they cannot be counted or written: "
        "run as a superuser or as a role with BYPASSRLS (ALTER ROLE ... BYPASSRLS); the owner may also run "
        "ALTER TABLE ... NO FORCE ROW LEVEL SECURITY before, and FORCE ROW LEVEL SECURITY after."
    )


def calls(settings: Mapping[str, str], *, local: bool) -> str:
    """SQL: a list of calls that set what every role may set on every version."""
    return ", ".join(
        f"set_config({_literal(name)}, {_literal(value)}, {str(local).lower()})"
        for name, value in settings.items()
    )


def pin(settings: Mapping[str, str] | None = None, *, pid: int | None = None) -> str:
    """The statement that sets up a session; `unpin` takes it back.

    :param pid: the backend that the server named at login. Another one is a pooler's, lent for a
        transaction: its settings would leak to others, and nothing is set.
    """
    lent = "" if pid is None else f"  IF pg_backend_pid() <> {pid} THEN RETURN; END IF;\n"
    settings = {**SESSION, **LIVENESS} if settings is None else settings
    body = SET.format(settings=_literal(json.dumps(settings)), local="false")
    return (
        f"DO $pinned$\nDECLARE\n  before jsonb := '{{}}';\n  one record;\n  old text;\nBEGIN\n{lent}{body}\n"
        f"  PERFORM set_config('{_REMEMBERED}', before::text, false);\nEND\n$pinned$"
    )


def unpin() -> str:
    """The statement that sets the session as it was before `pin`; in another session it does nothing."""
    return (
        "SELECT set_config(b.key, b.value, false) FROM "
        f"json_each_text(nullif(current_setting('{_REMEMBERED}', true), '')::json) AS b"
    )


def _literal(text: str) -> str:
    """As ``ddl.sql`` does it; an upgrade that finds nothing to do does not import all of that."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
