"""The options of ``-x name=value``, or of an application."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from app_schema.errors import ConfigurationError

LONGEST = 2_147_483.0
"""Seconds: PostgreSQL keeps a timeout as milliseconds of 32 bits."""
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Options:
    """The options of a run. Times are in seconds.

    :param autocommit: each statement is a transaction of its own.
    :param lock_wait: how long to wait for another migration.
    :param lock_timeout: how long a statement may wait for a lock on an object, and so block the sessions
        behind it.
    :param lock_tries: how often a revision that did not get its locks is tried.
    :param terminal: progress is drawn on a terminal; else it is logged.
    """

    autocommit: bool = False
    lock_wait: float = 60.0
    lock_timeout: float = 2.0
    lock_tries: int = 10
    terminal: bool = False

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> Options:
        """The options in the values of ``-x``; others are ignored.

        :raises ConfigurationError: for an invalid value.
        """
        readers: dict[str, Callable[[str, str], Any]] = {"bool": flag, "float": seconds, "int": _number}
        return cls(
            **{
                field.name: readers[str(field.type)](field.name, arguments[field.name])
                for field in fields(cls)
                if field.name in arguments
            }
        )


def refuse_empty(revision: object) -> None:
    """Raise ConfigurationError for an empty name of a revision, which is an AssertionError in Alembic."""
    if revision == "":
        raise ConfigurationError("The name of the revision is empty: write head, base, +1, -1 or a name.")


def flag(name: str, value: str) -> bool:
    """True or false."""
    if value not in {"true", "false"}:
        raise ConfigurationError(f"-x {name}={value}: the value must be true or false")
    return value == "true"


def seconds(name: str, value: str) -> float:
    """A time such as ``60s``, ``500ms``, ``2min``; without a unit in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)?", value.strip())
    if match is None:
        raise ConfigurationError(f"-x {name}={value} is no time; write 500ms, 60s or 2min")
    time = float(match[1]) * _UNITS[match[2] or "s"]
    if time > LONGEST:
        raise ConfigurationError(f"-x {name}={value} is longer than 24 days, PostgreSQL's longest timeout")
    return time


def _number(name: str, value: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", value) or int(value) < 1:
        raise ConfigurationError(f"-x {name}={value} is no number from 1 to 999999999")
    return int(value)
