"""Why a login failed, by SQLSTATE and by what libpq has sent and received.

libpq tells the server's refusal as a text, in the language of the server's ``lc_messages``. Its trace has the
SQLSTATE: where a login fails, one more attempt is traced.
"""

from __future__ import annotations

import os
import re
import select
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

TRACED = 180000
"""The version of libpq that traces what comes before the login's end."""
PATIENCE = 10.0

_REFUSED = re.compile(rb'ErrorResponse\t S "[^"]*" (?:V "[^"]*" )?C "(\w{5})"')
_ANSWERED = re.compile(rb"^B\t", re.MULTILINE)
_VERDICTS = {
    "28P01": "refuses the password",
    "28000": "refuses the login",
    "3D000": "does not know the database",
    "42501": "refuses permission",
    "53300": "has no connection left",
    "57P03": "is starting or stopping",
}
_HOPELESS = re.compile("28...|3D000|42...|22...|08P01|0A000")
"""SQLSTATEs of a permanent refusal: login, database, permission, an unknown parameter or protocol."""
_ERRNO = re.compile(r"\[Errno (-?\d+)\]")
_NAMES = {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_NODATA, socket.EAI_NONAME}
"""The text that psycopg adds to the error of a name without an address."""


@dataclass(frozen=True)
class Reason:
    """Why a login failed; ``sqlstate`` is None where the server did not say, or libpq cannot tell."""

    sqlstate: str | None
    verdict: str
    passing: bool
    """The reason is temporary: another attempt may succeed."""


def reason(error: BaseException | None, parameters: Mapping[str, Any] | None = None) -> Reason | None:
    """The reason of a failed login; None for an error of an established connection.

    :param parameters: of the connection. psycopg's error has them, unless a name has two addresses.
    """
    if not isinstance(error, psycopg.OperationalError) or error.sqlstate is not None:
        return None
    if (number := _ERRNO.search(str(error))) and int(number[1]) in _NAMES:
        return Reason(None, "cannot be found by its name", passing=int(number[1]) == socket.EAI_AGAIN)
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return Reason(None, "cannot be reached", passing=False)
    pgconn: Any = error.pgconn
    if pgconn is not None:
        parameters = {option.keyword.decode(): option.val.decode() for option in pgconn.info if option.val}
    if parameters is None:
        return None
    keywords = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    conninfo = make_conninfo(**{name: value for name, value in parameters.items() if name in keywords})
    return _judged(_traced(conninfo.encode()), needs_password=bool(pgconn and pgconn.needs_password))


def _judged(traced: bytes | None, *, needs_password: bool) -> Reason:
    states = _REFUSED.findall(traced or b"")
    if states:
        state = states[-1].decode()
        return Reason(state, _VERDICTS.get(state, "cannot be used"), passing=not _HOPELESS.fullmatch(state))
    if needs_password:
        return Reason(None, "refuses the login", passing=False)
    answered = traced is None or _ANSWERED.search(traced)
    return Reason(None, "cannot be used" if answered else "cannot be reached", passing=True)


def _traced(conninfo: bytes) -> bytes | None:
    """The messages of one more attempt; None if libpq does not trace them.

    In memory alone, because a password is part of it.
    """
    if sys.platform != "linux" or pq.version() < TRACED:
        return None
    written = os.memfd_create("login")
    pgconn = pq.PGconn.connect_start(conninfo)
    try:
        if pgconn.status == pq.ConnStatus.BAD:
            return b""
        pgconn.trace(written)
        with suppress(OSError, psycopg.Error):
            _poll(pgconn)
        pgconn.untrace()
        os.lseek(written, 0, os.SEEK_SET)
        return os.read(written, 1_000_000)
    finally:
        pgconn.finish()
        os.close(written)


def _poll(pgconn: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        match pgconn.connect_poll():
            case pq.PollingStatus.READING:
                select.select([pgconn.socket], [], [], deadline - time.monotonic())
            case pq.PollingStatus.WRITING:
                select.select([], [pgconn.socket], [], deadline - time.monotonic())
            case _:
                return
