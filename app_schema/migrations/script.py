"""The script of ``--sql``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app_schema import pinned, upstream
from app_schema.migrations.collecting import collecting
from app_schema.migrations.folding import folding
from app_schema.migrations.foresight import foreseeing
from app_schema.migrations.installed import installed

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def write_script(context: MigrationContext, search_path: str | None, run_args: Mapping[str, Any]) -> None:
    """Writes the script into the output buffer of the context."""
    settings = {**pinned.SESSION, **({"search_path": search_path} if search_path else {})}
    context.impl.static_output(f"{pinned.pin(settings)};")
    upstream.set_steps(context, foreseeing(context.opts["fn"], collecting, run_args))
    with installed(context), folding(context.impl):
        context.run_migrations(**run_args)
    context.impl.static_output(f"{pinned.unpin()};")
