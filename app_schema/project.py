"""The table ``[tool.app_schema]`` of a project's pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app_schema.errors import ConfigurationError

_FIELDS = {"object", "reason"}


@dataclass(frozen=True)
class Accepted:
    """An undeclared object that is no difference, with its `Key.label` and the reason.

    ``*`` in the object matches any characters.
    """

    object: str
    reason: str

    def matches(self, label: str) -> bool:
        """True if the label names this object."""
        return fits(self.object, label)


def fits(pattern: str, text: str) -> bool:
    """True if the pattern matches the text; ``*`` matches any characters.

    Not fnmatch's pattern: ``[]`` is part of a type's name.
    """
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def section(directory: Path | None = None) -> tuple[Path, Mapping[str, Any]]:
    """The nearest pyproject.toml, from the directory (the current one) upwards, and its table
    ``[tool.app_schema]``; empty if the file or the table is absent.

    :raises ConfigurationError: if the file cannot be read.
    """
    try:
        start = (directory or Path.cwd()).resolve()
    except FileNotFoundError:
        raise ConfigurationError("The working directory was deleted: change to another one.") from None
    for place in (start, *start.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            return file, _table(file)
    return start / "pyproject.toml", {}


def _table(file: Path) -> Mapping[str, Any]:
    try:
        parsed = _parsed(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from None
    for step in ("tool", "app_schema"):
        parsed = parsed.get(step, {})
        if not isinstance(parsed, Mapping):
            raise ConfigurationError(f"{file}: {step} must be a table.")
    table: Mapping[str, Any] = parsed
    return table


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """Cached, because tomllib needs 5 ms for a long file, and a command reads the file several times."""
    return tomllib.loads(text)


def accepted(directory: Path | None = None) -> list[Accepted]:
    """The list ``undeclared`` of `section`: undeclared objects that are no difference.

    :raises ConfigurationError: if an entry has no object or no reason.
    """
    file, settings = section(directory)
    entries = settings.get("undeclared", [])
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ConfigurationError(f"{file}: [tool.app_schema] undeclared must be a list of tables.")
    for entry in entries:
        is_complete = isinstance(entry, Mapping) and set(entry) == _FIELDS
        if not is_complete or not all(isinstance(text, str) and text.strip() for text in entry.values()):
            raise ConfigurationError(
                f"{file}: write each entry of [tool.app_schema] undeclared as "
                '{object = "table public.legacy", reason = "why it stays"}.'
            )
    return [Accepted(entry["object"], entry["reason"]) for entry in entries]
