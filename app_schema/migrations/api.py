"""Migrating from code: the revisions of an application, on an engine, a connection or a URL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError

from app_schema import database
from app_schema.application import Application
from app_schema.errors import AppSchemaError, ConfigurationError, LockedError
from app_schema.migrations.configuration import config
from app_schema.migrations.options import Options

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine  # needs greenlet, which not everybody has

    from app_schema.migrations.runner import Review

Target: TypeAlias = sa.Engine | sa.Connection | sa.URL | str | None

_turn = threading.Lock()
"""Alembic keeps what it runs in module globals: one command at a time in a process."""
_POLL = 0.05


def upgrade(
    target: Target = None,
    revision: str = "head",
    *,
    app: Application | None = None,
    review: Review | None = None,
    **options: Any,
) -> list[str]:
    """Brings a database to a revision of an application; returns the revisions that it has applied, in order.

    Safe to call from several threads and processes at once: one does the work, the others wait for it and
    find nothing left to do.

    :param app: the application; None: the one that is meant here.
    :param target: an engine; a connection, whose transaction is used where it has begun one; a URL; None: the
        configured database. A direct connection is needed, not one through a transaction pooler.
    :param review: is called under the migration's lock with the connection, the heads and the steps that are
        about to run; where it gives False, none of them runs.
    :param options: those of :class:`app_schema.migrations.options.Options`, times in seconds or as
        ``"500ms"``.
    :raises AppSchemaError: one sentence for whatever went wrong. What was committed before stays, and
        calling again goes on from there.
    """
    return _run(_Command(command.upgrade, revision, options, app, review), target)


def downgrade(
    target: Target = None,
    revision: str = "-1",
    *,
    app: Application | None = None,
    review: Review | None = None,
    **options: Any,
) -> list[str]:
    """Takes revisions back, down to the one named; ``base``: all. Arguments and errors as :func:`upgrade`.

    :raises DifferentError: where more would be undone than when the command began, because another migration
        was waited for.
    """
    return _run(_Command(command.downgrade, revision, options, app, review), target)


async def upgrade_async(
    target: AsyncEngine | AsyncConnection,
    revision: str = "head",
    *,
    app: Application | None = None,
    **options: Any,
) -> list[str]:
    """:func:`upgrade` for an asynchronous engine or connection; the event loop goes on meanwhile."""
    return await _run_async(_Command(command.upgrade, revision, options, app), target)


async def downgrade_async(
    target: AsyncEngine | AsyncConnection,
    revision: str = "-1",
    *,
    app: Application | None = None,
    **options: Any,
) -> list[str]:
    """:func:`downgrade` for an asynchronous engine or connection."""
    return await _run_async(_Command(command.downgrade, revision, options, app), target)


@dataclass(frozen=True)
class _Command:
    """A command of Alembic's, as somebody asked for it."""

    function: Callable[..., None]
    revision: str
    options: dict[str, Any]
    app: Application | None = None
    review: Review | None = None

    @property
    def wait(self) -> float:
        """Seconds to wait for others."""
        return _read(self.options).lock_wait

    def run(self, connection: sa.Connection) -> list[str]:
        """Runs it; gives the revisions that were applied or undone."""
        applied: list[str] = []
        chosen = config(self.app)
        chosen.attributes.update(
            connection=connection, configure_logger=False, landed=applied, review=self.review
        )
        chosen.cmd_opts = SimpleNamespace(x=_given(self.options))  # type: ignore[assignment]  # an argparse namespace
        try:
            self.function(chosen, self.revision)
        except CommandError as error:
            cause = error.__cause__
            raise (
                type(cause)(str(error)) if isinstance(cause, AppSchemaError) else AppSchemaError(str(error))
            ) from cause
        return applied


def _run(asked: _Command, target: Target) -> list[str]:
    if hasattr(target, "sync_engine"):
        name = asked.function.__name__
        raise ConfigurationError(f"{type(target).__name__} is asynchronous: await {name}_async(...) instead")
    wait = asked.wait
    if not _turn.acquire(timeout=wait):
        raise _no_turn(wait)
    try:
        with _connection(target) as connection:
            return asked.run(connection)
    finally:
        _turn.release()


async def _run_async(asked: _Command, target: AsyncEngine | AsyncConnection) -> list[str]:
    wait = asked.wait
    deadline = time.monotonic() + wait
    while not _turn.acquire(blocking=False):  # a blocking wait would stop the event loop that must release it
        if time.monotonic() > deadline:
            raise _no_turn(wait)
        await asyncio.sleep(_POLL)
    try:
        if hasattr(target, "run_sync"):
            return await target.run_sync(asked.run)
        async with target.connect() as connection:
            return await connection.run_sync(asked.run)
    finally:
        _turn.release()


@contextmanager
def _connection(target: Target) -> Iterator[sa.Connection]:
    if isinstance(target, sa.Connection):
        yield target
        return
    engine = target if isinstance(target, sa.Engine) else database.engine(target, direct=True)
    with database.connect(engine) as connection:
        yield connection


def _read(options: dict[str, Any]) -> Options:
    return Options.read(dict(option.split("=", 1) for option in _given(options)))


def _given(options: dict[str, Any]) -> list[str]:
    unknown = sorted(set(options) - set(Options.__dataclass_fields__))
    if unknown:
        known = ", ".join(Options.__dataclass_fields__)
        raise ConfigurationError(f"no option is called {unknown[0]}; there are {known}")
    return [f"{name}={str(value).lower()}" for name, value in options.items()]


def _no_turn(wait: float) -> LockedError:
    return LockedError(
        f"Another migration runs in this process; waited {wait:g} s for it, and nothing was changed."
    )
