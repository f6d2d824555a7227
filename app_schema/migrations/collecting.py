"""Collects the statements that code would send, without a database."""

from __future__ import annotations

import io
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy.schema import ExecutableDDLElement

from app_schema.migrations.alter_type import AlterTypes
from app_schema.migrations.impl import GuardedImpl, guarded
from app_schema.migrations.translate import translated


class _Collecting(GuardedImpl):
    """Notes constructs in place of sending them."""

    collected: list[ExecutableDDLElement]

    def _exec(self, construct: Any, *_: Any, **__: Any) -> None:
        if isinstance(construct, ExecutableDDLElement):
            ddl = translated(construct, self.translate_map)
            self.collected += ddl.changes if isinstance(ddl, AlterTypes) else [ddl]


def collecting(impl: GuardedImpl) -> tuple[MigrationContext, list[ExecutableDDLElement]]:
    """A context without a database, and the list of the constructs that are sent through it.

    They are translated as by the impl that runs.
    """
    options = {name: impl.context_opts.get(name) for name in ("target_metadata", "strict")}
    script = {**options, "as_sql": True, "literal_binds": True, "output_buffer": io.StringIO()}
    context = guarded(MigrationContext.configure(dialect_name="postgresql", opts=script), _Collecting)
    noting: Any = context.impl
    noting.collected = []
    noting.translate_map = impl.translate_map
    return context, noting.collected
