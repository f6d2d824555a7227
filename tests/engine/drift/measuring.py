"""The results of a tool in a case of drift: seen, named, repaired, run twice, and undone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from autogen import autogenerate
from declaring import declaring
from drift import Drift

from app_schema.dump import _conninfo, _program
from app_schema.migrations.drift import drift as compared


@dataclass
class Measured:
    """Each answer in turn; after the first "no" of the last three, the rest is "no"."""

    seen: bool = False
    """A comparison differs from the one before the drift."""
    named: bool = False
    """The report has the name of what drifted."""
    mended: bool = False
    """After the generated upgrade the comparison is as before the drift."""
    twice: bool = False
    """The upgrade runs a second time, and changes nothing."""
    back: bool = False
    """After the downgrade, twice, ``pg_dump -s`` is as it was before the upgrade."""
    error: str = ""
    """The message of the first result that is "no"."""

    @property
    def answers(self) -> tuple[bool, ...]:
        """The five."""
        return tuple(getattr(self, field.name) for field in fields(self) if field.name != "error")


@dataclass
class _Revision:
    labels: list[str]
    upgrade: Callable[[], None]
    downgrade: Callable[[], None]


def ours(engine: sa.Engine, drift: Drift) -> Measured:
    """Ours, with what nobody declared dropped where all else is declared."""
    metadata = drift.metadata()

    def generate(*, prune: bool) -> _Revision:
        made = autogenerate(engine, metadata, prune=prune)
        with engine.connect() as connection:
            named = compared(connection, declaring(metadata)).uncompared
        uncompared = [f"{label}: not compared" for label in named]
        return _Revision(
            [*map(str, made.diffs), *made.undeclared, *uncompared],
            lambda: made.upgrade(engine),
            lambda: made.downgrade(engine),
        )

    return _measured(engine, drift, generate)


def plain(engine: sa.Engine, drift: Drift) -> Measured:
    """Alembic without us: tables, columns, indexes, constraints and server defaults."""
    metadata = drift.metadata()
    options = {"compare_type": True, "compare_server_default": True, "target_metadata": metadata}

    def generate(**_: object) -> _Revision:
        with engine.connect() as connection:
            made: Any = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)

        def run(operations: Any) -> None:
            with engine.begin() as connection:
                op = Operations(MigrationContext.configure(connection))
                for operation in _flat(operations):
                    op.invoke(operation)

        return _Revision(
            [str(difference) for difference in made.upgrade_ops.as_diffs()],
            lambda: run(made.upgrade_ops),
            lambda: run(made.downgrade_ops),
        )

    return _measured(engine, drift, generate)


def _flat(operations: Any) -> Iterator[Any]:
    for operation in operations.ops:
        if hasattr(operation, "ops"):
            yield from _flat(operation)
        else:
            yield operation


def _measured(engine: sa.Engine, drift: Drift, generate: Callable[..., _Revision]) -> Measured:
    found = Measured()
    try:
        before = set(generate(prune=False).labels)
        execute(engine, drift.sql)
        start = dumped(engine)
        seen = set(generate(prune=False).labels)
        found.seen = seen != before
        found.named = any(
            drift.word.lower() in name.lower().replace("_", " ") + name.lower() for name in seen - before
        )
        if not found.seen:
            return found
        prune = all(label.endswith(": not compared") for label in before)
        revision = generate(prune=prune)
        revision.upgrade()
        after = set(generate(prune=prune).labels)
        found.mended = after <= before
        found.error = "" if found.mended else f"left: {after - before}"
        mended = dumped(engine)
        revision.upgrade()
        found.twice = found.mended and dumped(engine) == mended
        for _ in range(2):
            revision.downgrade()
        end = dumped(engine)
        found.back = found.twice and end == start
        if found.mended and not found.back:
            found.error = f"gone: {[*_less(start, end)]}; new: {[*_less(end, start)]}"
    except Exception as error:  # noqa: BLE001 - any failure of a tool is an answer
        found.error = f"{type(error).__name__}: {error}"
    return found


def _less(one: list[str], other: list[str]) -> Iterator[str]:
    return (line for line in one if line not in other)


def execute(engine: sa.Engine, sql: str) -> None:
    """Carries out statements as a superuser."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL allow_system_table_mods = on")
        connection.connection.driver_connection.execute(sql)  # type: ignore[union-attr]


def dumped(engine: sa.Engine) -> list[str]:
    """The lines of ``pg_dump -s``, sorted, without comments, and without commas: a list may end elsewhere."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        program = _program(driver.info.server_version // 10000)
    command = [program, "--schema-only", "--create", "--no-password", f"--dbname={_conninfo(engine.url)}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = (line.rstrip(",").strip() for line in text.splitlines())
    return sorted(line for line in lines if line and not line.startswith(("--", "\\")))
