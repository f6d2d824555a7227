"""The Alembic side: the guarded impl, the operations, and where the revisions are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.config import Config

    from app_schema.application import Application
    from app_schema.migrations.api import downgrade, downgrade_async, upgrade, upgrade_async

__all__ = ["config", "downgrade", "downgrade_async", "setup", "upgrade", "upgrade_async"]


def __getattr__(name: str) -> Any:
    """The functions that need Alembic, when they are asked for."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from app_schema.migrations import api

    return getattr(api, name)


@cache
def setup() -> None:
    """Makes Alembic know our operations. Calling it again changes nothing.

    What Alembic has already stays as it is: the operations of a project, and the way in which another env.py
    of the process is run.
    """
    # here: who uses only the models does not pay for Alembic
    from alembic.runtime.plugins import Plugin

    from app_schema.migrations import compare, directives, operations, render

    operations.setup()
    directives.setup()
    render.setup()
    Plugin.setup_plugin_from_module(compare, compare.PLUGIN)


def config(app: Application | None = None) -> Config:
    """Alembic's configuration for the revisions of an application; None: the one that is meant here.

    :raises ConfigurationError: where the alembic.ini of the working directory belongs to another copy.
    """
    from alembic.config import Config

    from app_schema.application import find
    from app_schema.migrations.copies import refuse_other_here

    refuse_other_here()
    return Config((app or find()).ini)
