"""Announces the database that a command changes; and finds settings with a probably misspelt name."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app_schema.errors import ConfigurationError
from app_schema.events import say

ASKED = "APP_SCHEMA_EMBEDDED"
"""The variable that requests the embedded server in an unattended process such as CI."""
EMBEDDED = "embedded server"
GIVEN = "the given URL"
NAMES = ("DATABASE_URL", "DIRECT_DATABASE_URL")

_LIKE = 0.88
"""The cutoff of `difflib`: two letters may be missing, doubled or swapped; TEST_DATABASE_URL differs more."""
_OTHERS = {"TEST_DATABASE_URL"}
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE")
_URL = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}
"""CI has other values too: a system may set its own name."""


@dataclass(frozen=True)
class Target:
    """A database and the origin of its URL: the name of a setting, GIVEN or EMBEDDED.

    `pooled` is the host of the setting if the URL is the direct endpoint of a pooled host.
    """

    url: sa.URL
    origin: str
    pooled: str | None = None


def announce(connection: sa.Connection, target: Target, *, changes: bool) -> None:
    """Prints on stderr the database, role and server that a command changes, and `near_misses()`."""
    lines = [_described(connection, target)] if changes else []
    if target.pooled and not changes:
        lines.append(f"using the direct endpoint {target.url.host}, not the pooled {target.pooled}.")
    for line in [*lines, *near_misses(target.origin)]:
        say(line)


def require_request() -> None:
    """Raise ConfigurationError if CI is set and no setting requests the embedded server.

    Otherwise a job with a misspelt setting would migrate a server that ends with the job, and succeed.
    """
    from app_schema import embedded

    named = os.environ.get(ASKED, "").lower() in _YES or os.environ.get(embedded.DIRECTORY_VARIABLE)
    if os.environ.get("CI", "").lower() not in _NO and not named:
        refusal = f"CI is set, and DATABASE_URL is not: set it, or {ASKED}=true for the embedded server."
        raise ConfigurationError("\n".join([refusal, *near_misses(EMBEDDED)]))


def near_misses(origin: str) -> Iterator[str]:
    """Sentences about settings whose name resembles that of a setting for the database."""
    if origin not in {EMBEDDED, *NAMES}:
        return
    stronger: dict[str, str] = {}
    for place in _places():
        stronger |= {name: place.get(name) or "" for name in NAMES if not stronger.get(name)}
        for other, value in sorted(place.items()):
            name = _intended(other)
            if other in {*NAMES, *_OTHERS} or not value:
                continue
            if (name and not stronger[name]) or (origin == EMBEDDED and _URL.match(value)):
                name = name or NAMES[0]
                yield f"{other} is set, and {name} is not: only {name} is read."
        if origin == EMBEDDED:
            yield from (f"{name} is set, but empty." for name in NAMES if place.get(name) == "")
    if origin == EMBEDDED and (names := [name for name in _LIBPQ if os.environ.get(name)]):
        yield f"{', '.join(names)} is set, but only DATABASE_URL names a database here."


def _described(connection: sa.Connection, target: Target) -> str:
    """Database, role, server and origin, from libpq, without secrets."""
    driver: Any = connection.connection.driver_connection
    info = driver.info
    place = f"host {info.host or info.hostaddr}:{info.port}"
    if target.pooled:
        place += f" (the direct endpoint of {target.pooled})"
    origin = f"from {target.origin}"
    if target.origin == EMBEDDED:
        place, origin = f"{EMBEDDED} at {info.host}", "because DATABASE_URL is not set"
    return f"database {info.dbname}, role {info.user}, {place}, {origin}"


def read_file(file: str) -> Mapping[str, str | None]:
    """The settings of a file; none if it does not exist.

    :raises ConfigurationError: if the file cannot be read.
    """
    if not Path(file).is_file():
        return {}
    from dotenv import dotenv_values

    try:
        return dotenv_values(file, encoding="utf-8")
    except UnicodeDecodeError as error:  # which repeats the contents
        raise ConfigurationError(f"{file} cannot be read: byte {error.start} is no UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from None


def _places() -> Iterator[Mapping[str, str | None]]:
    """The sources of settings, in the order of priority."""
    yield os.environ
    for file in (".env.local", ".env"):
        yield read_file(file)


@cache
def _intended(name: str) -> str | None:
    """The setting for which a name may be a typing error."""
    by_letters = {_letters(name): name for name in NAMES}
    close = difflib.get_close_matches(_letters(name), by_letters, 1, _LIKE)
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return re.sub("[^A-Z]", "", name.upper())
