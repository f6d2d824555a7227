"""Waivers in pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app_schema.audit.check import SERVICE_ROLES
from app_schema.audit.finding import Waiver
from app_schema.errors import ConfigurationError
from app_schema.project import section

PLACE = "[[tool.app_schema.audit.waivers]]"
_FIELDS = ("check", "object", "reason", "condition")


def waivers(directory: Path | None = None) -> list[Waiver]:
    """The waivers of the nearest pyproject.toml, from the directory (the current one) upwards.

    A waiver is a table ``[[tool.app_schema.audit.waivers]]`` with the strings check, object, reason and
    condition.

    :raises ConfigurationError: if the file or a waiver is invalid.
    """
    file, settings = _audit(directory)
    entries = settings.get("waivers", [])
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ConfigurationError(f"{file}: write each waiver as a table {PLACE}.")
    return [_waiver(waiver, file) for waiver in entries]


def service_roles(directory: Path | None = None) -> Sequence[str]:
    """The roles that may see all rows by a policy: ``[tool.app_schema.audit] service_roles``.

    :raises ConfigurationError: if it is not a list of names.
    """
    file, settings = _audit(directory)
    roles = settings.get("service_roles", SERVICE_ROLES)
    names = isinstance(roles, Sequence) and all(isinstance(role, str) for role in roles)
    if not names or isinstance(roles, str):
        raise ConfigurationError(f"{file}: [tool.app_schema.audit] service_roles must be a list of names.")
    return [str(role) for role in roles]


def _audit(directory: Path | None) -> tuple[Path, Mapping[str, Any]]:
    file, table = section(directory)
    settings = table.get("audit", {})
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"{file}: audit must be a table.")
    if unknown := set(settings) - {"waivers", "service_roles"}:
        raise ConfigurationError(
            f"{file}: [tool.app_schema.audit] knows waivers and service_roles, "
            f"not {', '.join(sorted(unknown))}."
        )
    return file, settings


def _waiver(entry: Any, file: Path) -> Waiver:
    if not isinstance(entry, Mapping) or set(entry) != set(_FIELDS):
        raise ConfigurationError(f"{file}: a table {PLACE} needs exactly {', '.join(_FIELDS)}.")
    for field in _FIELDS:
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise ConfigurationError(
                f"{file}: the {field} of a waiver must be a sentence or a name, not empty."
            )
    return Waiver(**entry)
