"""The differences between a database of another system and an application, classified for adoption."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from app_schema.adoption.notice import has_begun
from app_schema.adoption.superseded import Adoption
from app_schema.errors import ConfigurationError
from app_schema.migrations import setup
from app_schema.migrations.compare.comparator import Comparison
from app_schema.migrations.environment import DEFAULTS, joined
from app_schema.migrations.unchanged import acts, digest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.adoption.choices import Choices
    from app_schema.application import Application
    from app_schema.ddl import Key
    from app_schema.migrations.compare.plan import Plan
    from app_schema.migrations.compare.sides import Sides


@dataclass(frozen=True)
class Look:
    """A comparison of the database with the declared side, and the choices of `adopt.toml`."""

    connection: Connection
    app: Application
    choices: Choices
    comparison: Comparison
    seen: str
    """The digest of the objects, read before the comparison."""
    scratch: str | None = None

    @property
    def sides(self) -> Sides:
        """The declared and the reflected side; both with the names after the renames."""
        return self.comparison.sides

    @cached_property
    def plan(self) -> Plan:
        """The operations that resolve the differences; cached, because planning queries the database."""
        return self.comparison.plan()

    @cached_property
    def adoption(self) -> Adoption:
        """The objects of the former system that the application supersedes, accepts or fills from."""
        return Adoption() if self.app.adoption is None else self.app.adoption()

    @cached_property
    def undeclared(self) -> dict[Key, str]:
        """Undeclared objects that the application does not accept -> definition."""
        return {
            difference.key: difference.right or ""
            for difference in self.comparison.differences
            if self.comparison.state(difference) == "undeclared"
        }

    @cached_property
    def superseded(self) -> list[Key]:
        """Objects that the application replaces, or that `adopt.toml` drops.

        :raises ConfigurationError: for an entry that names no undeclared object, or a table, whose rows would
            be lost.
        """
        drop = {
            entry: [
                key
                for key, definition in self.undeclared.items()
                if key.kind != "table" and entry.matches(key.label, definition)
            ]
            for entry in self.choices.drop
        }
        unused = [entry for entry, keys in drop.items() if not keys]
        if unused and not has_begun(self.connection, self.app):
            raise ConfigurationError(
                f"adopt.toml: no undeclared object is called {unused[0].object!r} (tables are never dropped)."
            )
        dropped = {key for keys in drop.values() for key in keys}
        known = self.adoption.superseded
        return [
            key
            for key, definition in self.undeclared.items()
            if key in dropped or any(entry.matches(key.label, definition) for entry in known)
        ]

    @cached_property
    def strangers(self) -> list[Key]:
        """Undeclared objects that act on declared tables: adoption refuses until each is listed."""
        tables = self.sides.metadata.tables
        superseded = set(self.superseded)
        return [key for key in self.undeclared if key not in superseded and acts(key, tables)]

    @cached_property
    def others(self) -> list[Key]:
        """Undeclared tables, which are kept."""
        superseded = set(self.superseded)
        return [
            key
            for key in self.sides.reflected
            if key.kind == "table" and key not in self.sides.declared and key not in superseded
        ]


def look(connection: Connection, app: Application, choices: Choices, scratch: str | None = None) -> Look:
    """Compares. Creates a scratch database, on the server `scratch` if given; changes nothing else."""
    setup()
    metadata = app.metadata
    opts: dict[str, Any] = {
        **DEFAULTS,
        **joined(app.options),
        "target_metadata": metadata,
        "zone": choices.zone,
        "scratch": scratch,
        "proved": False,
    }
    context = MigrationContext.configure(connection, opts=opts)
    seen = digest(connection, [(table.schema or "public", table.name) for table in metadata.tables.values()])
    return Look(connection, app, choices, Comparison(AutogenContext(context, metadata)), seen, scratch)
