"""`adopt.toml`: the choices for rows and objects that need a choice."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app_schema.adoption.superseded import SetValue, Superseded
from app_schema.ddl.sql import ident, literal
from app_schema.errors import ConfigurationError

FILE = Path("adopt.toml")
ASIDE = "aside"
"""The schema of moved rows; must be no schema of the application."""


@dataclass(frozen=True)
class MoveRows:
    """``[[move]]``: moves the rows of `table` that fulfil `where` to a table in schema `aside`."""

    table: str
    where: str

    @property
    def entry(self) -> str:
        """The entry, as a sentence names it."""
        return f"[[move]] of {self.table} where {self.where!r}"


@dataclass(frozen=True)
class Choices:
    """The entries of the file, in order."""

    zone: str = "UTC"
    mends: tuple[SetValue | MoveRows, ...] = ()
    drop: tuple[Superseded, ...] = ()


def read(file: Path) -> Choices:
    """The choices of a file; empty without the file.

    :raises ConfigurationError: for an unknown or malformed entry.
    """
    if not file.exists():
        return Choices()
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from None
    unknown = sorted(set(entries) - {"zone", "set", "move", "drop"})
    if unknown:
        raise ConfigurationError(f"{file}: {unknown[0]} is unknown; expected zone, set, move or drop.")
    makers = {"set": _set, "move": lambda entry: MoveRows(**entry), "drop": lambda entry: Superseded(**entry)}
    choices = {
        name: [_entry(file, name, entry, make) for entry in _list(file, name, entries)]
        for name, make in makers.items()
    }
    zone = entries.get("zone", "UTC")
    if not isinstance(zone, str) or not zone:
        raise ConfigurationError(f'{file}: zone is a name, as "Asia/Tokyo"; found {zone!r}.')
    return Choices(zone=zone, mends=(*choices["set"], *choices["move"]), drop=tuple(choices["drop"]))


def _list(file: Path, name: str, entries: Mapping[str, Any]) -> list[Any]:
    listed = entries.get(name, [])
    if not isinstance(listed, list):
        raise ConfigurationError(f"{file}: each entry of {name} begins with [[{name}]]; found {listed}.")
    return listed


def _entry(file: Path, name: str, entry: Any, make: Callable[[Mapping[str, Any]], Any]) -> Any:
    try:
        choice = make(entry)
    except (TypeError, ValueError, KeyError, AttributeError):
        choice = None
    if choice is not None and all(isinstance(value, str | None) for value in vars(choice).values()):
        return choice
    shapes = {
        "set": 'table, column, where, and value = "SQL" or from = "column" with values = {old = "new"}',
        "move": "table and where",
        "drop": "object, and optionally definition",
    }
    raise ConfigurationError(f"{file}: an entry of {name} needs the texts {shapes[name]}; found {entry}.")


def _set(entry: Mapping[str, Any]) -> SetValue:
    fields = dict(entry)
    if "from" in fields and "value" not in fields:
        source, values = ident(fields.pop("from")), fields.pop("values")
        cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in values.items())
        # without the condition a row with another value would get NULL
        mapped = f"{source} IN ({', '.join(map(literal, values))})" if values else "false"
        fields["value"] = f"CASE {source} {cases} END" if cases else "NULL"
        fields["where"] = f"({fields['where']}) AND {mapped}" if "where" in fields else mapped
    return SetValue(**fields)
