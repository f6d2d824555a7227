"""Upgrade and downgrade from Python, on an engine, a connection or a URL."""

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
from app_schema.errors import AppSchemaError, ConfigurationError, DifferentError, LockedError, StatementError
from app_schema.migrations.configuration import config
from app_schema.migrations.options import Options

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine  # needs greenlet, an optional dependency

    from app_schema.migrations.runner import Review

Target: TypeAlias = sa.Engine | sa.Connection | sa.URL | str | None

_turn = threading.Lock()
"""Alembic keeps the running environment in module globals: one command at a time in a process."""
_POLL = 0.05


def upgrade(
    target: Target = None,
    revision: str = "head",
    *,
    app: Application | None = None,
    review: Review | None = None,
    **options: Any,
) -> list[str]:
    """Upgrades a database; returns the applied revisions, in order.

    Safe to call from several threads and processes at once: one applies the revisions, the others wait and
    then find none pending.

    :param app: the application; None: the configured one.
    :param target: an engine; a connection, with the transaction that it has begun, if any; a URL; None: the
        configured database. Needs a direct connection, not one through a transaction pooler.
    :param review: called under the migration lock with the connection, the heads and the pending steps; if it
        returns False, no step runs.
    :param options: the fields of :class:`app_schema.migrations.options.Options`, times in seconds or as
        ``"500ms"``.
    :raises AppSchemaError: with one sentence. Committed revisions are kept; a second call continues after
        them.
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
    """Downgrades a database to a revision; ``base``: all. Arguments and errors as in :func:`upgrade`.

    :raises DifferentError: if another migration, for which this one waited, has added revisions to undo.
    """
    return _run(_Command(command.downgrade, revision, options, app, review), target)


def stamp(
    target: Target,
    revision: str,
    *,
    app: Application | None = None,
    review: Review | None = None,
    **options: Any,
) -> list[str]:
    """Records a revision without running it. Arguments and errors as in :func:`upgrade`."""
    return _run(_Command(command.stamp, revision, options, app, review), target)


async def upgrade_async(
    target: AsyncEngine | AsyncConnection,
    revision: str = "head",
    *,
    app: Application | None = None,
    **options: Any,
) -> list[str]:
    """:func:`upgrade` for an asynchronous engine or connection; the event loop is not blocked."""
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
    """A command of Alembic's and its arguments."""

    function: Callable[..., None]
    revision: str
    options: dict[str, Any]
    app: Application | None = None
    review: Review | None = None

    @property
    def wait(self) -> float:
        """Seconds to wait for another migration."""
        return _read(self.options).lock_wait

    def run(self, connection: sa.Connection) -> list[str]:
        """The applied or undone revisions."""
        applied: list[str] = []
        chosen = config(self.app)
        chosen.attributes.update(
            connection=connection, configure_logger=False, moved=applied, review=self.review
        )
        chosen.cmd_opts = SimpleNamespace(x=_given(self.options))  # type: ignore[assignment]  # an argparse namespace
        try:
            self.function(chosen, self.revision)
        except CommandError as error:
            cause = error.__cause__
            kind = type(cause) if isinstance(cause, AppSchemaError) else AppSchemaError
            refusal = kind(str(error))
            if isinstance(refusal, DifferentError | StatementError):
                refusal.sqlstate = getattr(cause, "sqlstate", None)
            raise refusal from cause
        return applied


def _run(call: _Command, target: Target) -> list[str]:
    if hasattr(target, "sync_engine"):
        name = call.function.__name__
        raise ConfigurationError(f"{type(target).__name__} is asynchronous: await {name}_async(...) instead")
    wait = call.wait
    if not _turn.acquire(timeout=wait):
        raise _no_turn(wait)
    try:
        with _connection(target) as connection:
            return call.run(connection)
    finally:
        _turn.release()


async def _run_async(call: _Command, target: AsyncEngine | AsyncConnection) -> list[str]:
    wait = call.wait
    deadline = time.monotonic() + wait
    while not _turn.acquire(blocking=False):  # a blocking wait would stop the event loop that must release it
        if time.monotonic() > deadline:
            raise _no_turn(wait)
        await asyncio.sleep(_POLL)
    try:
        if hasattr(target, "run_sync"):
            return await target.run_sync(call.run)
        async with target.connect() as connection:
            return await connection.run_sync(call.run)
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
        names = ", ".join(Options.__dataclass_fields__)
        raise ConfigurationError(f"there is no option {unknown[0]}; the options are {names}")
    return [f"{name}={str(value).lower()}" for name, value in options.items()]


def _no_turn(wait: float) -> LockedError:
    return LockedError(
        f"Another migration runs in this process; waited {wait:g} s for it, and nothing was changed."
    )
