"""Waivers in pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app_schema.audit.finding import Waiver
from app_schema.errors import ConfigurationError

PLACE = "[[tool.app_schema.audit.waivers]]"
_FIELDS = ("check", "object", "reason")


def waivers(directory: Path | None = None) -> list[Waiver]:
    """Those of the nearest pyproject.toml, from the directory (the current one) upwards; none without one.

    One is a table ``[[tool.app_schema.audit.waivers]]`` with the strings check, object and reason.

    :raises ConfigurationError: where the file or a waiver cannot be understood.
    """
    start = (directory or Path.cwd()).resolve()
    file = next(
        (one / "pyproject.toml" for one in (start, *start.parents) if (one / "pyproject.toml").is_file()),
        None,
    )
    if file is None:
        return []
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from None
    for step in ("tool", "app_schema", "audit"):
        found = found.get(step, {})
        if not isinstance(found, Mapping):
            raise ConfigurationError(f"{file}: {step} has to be a table.")
    if unknown := set(found) - {"waivers"}:
        raise ConfigurationError(
            f"{file}: [tool.app_schema.audit] knows waivers, not {', '.join(sorted(unknown))}."
        )
    given = found.get("waivers", [])
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ConfigurationError(f"{file}: write each waiver as a table {PLACE}.")
    return [_waiver(one, file) for one in given]


def _waiver(given: Any, file: Path) -> Waiver:
    if not isinstance(given, Mapping) or set(given) != set(_FIELDS):
        raise ConfigurationError(f"{file}: a table {PLACE} has {', '.join(_FIELDS)}, and nothing else.")
    for field in _FIELDS:
        if not isinstance(given[field], str) or not given[field].strip():
            raise ConfigurationError(
                f"{file}: the {field} of a waiver has to be a sentence or a name, not empty."
            )
    return Waiver(**given)
