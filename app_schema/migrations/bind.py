"""Migrating on what an application hands in: a connection or an engine, synchronous or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import Connection, Engine

from app_schema import database
from app_schema.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine  # needs greenlet, which not everybody has


def on(source: Any, migrate: Callable[[Connection], None]) -> None:
    """Calls a function with the connection."""
    if hasattr(source, "run_sync"):
        _refuse_loop(source)
    elif hasattr(source, "sync_engine"):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(_on_async(source, migrate))
        else:
            _refuse_loop(source)
    elif isinstance(source, Engine):
        with database.connect(source) as connection:
            migrate(connection)
    else:
        migrate(source)


async def _on_async(engine: AsyncEngine, migrate: Callable[[Connection], None]) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()  # the connections belong to the event loop that ends here


def _refuse_loop(engine: Any) -> NoReturn:
    raise ConfigurationError(
        f"{type(engine).__name__} is asynchronous: await app_schema.migrations.upgrade_async(...), or hand "
        "in the connection that its run_sync() gives"
    )
