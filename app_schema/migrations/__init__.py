"""The Alembic side: the guarded impl, the operations, and where the revisions are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from app_schema.migrations.configuration import config

if TYPE_CHECKING:
    from app_schema.migrations.api import downgrade, downgrade_async, upgrade, upgrade_async

__all__ = ["config", "downgrade", "downgrade_async", "setup", "upgrade", "upgrade_async"]


def __getattr__(name: str) -> Any:
    """Imports the functions that need Alembic on first use."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from app_schema.migrations import api

    return getattr(api, name)


@cache
def setup() -> None:
    """Registers our operations with Alembic. A second call changes nothing.

    The operations of a project are kept, and the impl of another env.py in the process is not replaced.
    """
    # imported here: an application that uses only the models does not import Alembic
    from alembic.runtime.plugins import Plugin

    from app_schema.migrations import compare, directives, operations, render

    operations.setup()
    directives.setup()
    render.setup()
    Plugin.setup_plugin_from_module(compare, compare.PLUGIN)
