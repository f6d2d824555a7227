"""The scratch database of a comparison: statements are executed there, and printed by PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app_schema.catalog import borrowed
from app_schema.catalog.scratch import declared_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.autogenerate.api import AutogenContext

    from app_schema.catalog import Snapshot
    from app_schema.migrations.declared import Declared


class Printed(NamedTuple):
    """A snapshot, and schema and name of the undeclared objects that the statements use."""

    snapshot: Snapshot
    borrowed: frozenset[tuple[str | None, str]]


class Scratch:
    """Executes statements beside copies of the undeclared objects that they use."""

    def __init__(self, context: AutogenContext, metadata: Declared) -> None:
        assert context.connection is not None
        self._connection = context.connection
        self._opts = context.opts
        self._metadata = metadata

    def printed(self, statements: list[str], meanwhile: Callable[[], None] = lambda: None) -> Printed:
        """The snapshot of a scratch database in which these statements were executed.

        :param meanwhile: called while the scratch database is filled.
        """
        names: set[tuple[str | None, str]] = set()

        def borrow(statements: Sequence[str]) -> list[str]:
            metadata = self._metadata
            tables = borrowed.referred(self._connection, metadata.tables, metadata.default_schema)
            used = [*tables, *borrowed.used(self._connection, statements, self._metadata)]
            names.update((obj.schema, obj.name) for obj in used)
            return borrowed.merged(used, statements) if used else []

        snapshot = declared_snapshot(
            self._connection,
            statements,
            self._opts.get("scratch"),
            cache=self._opts.get("cache", True),
            meanwhile=meanwhile,
            search_path=self._metadata.default_schema,
            borrow=borrow,
        )
        return Printed(snapshot, frozenset(names))
