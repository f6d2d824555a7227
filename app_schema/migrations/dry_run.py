"""What revisions would do: their SQL, and each operation with the table that it locks. Nothing is run.

The revisions' own code runs against a script, so that loops and helpers in it are seen too.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app_schema.application import Application
from app_schema.errors import AppSchemaError, ModelError
from app_schema.migrations import setup
from app_schema.migrations.environment import DEFAULTS, joined
from app_schema.migrations.impl import GuardedImpl, guarded
from app_schema.migrations.installed import installed
from app_schema.migrations.lineage import Direction, Lineage
from app_schema.migrations.operation import Operation
from app_schema.migrations.recording import record_calls

Steps: TypeAlias = Sequence[RevisionStep]


@dataclass
class Recorded:
    """A revision with the SQL that it would send, guards included, and its operations in order."""

    revision: str
    sql: str = ""
    operations: list[Operation] = field(default_factory=list)


@contextmanager
def _silence() -> Iterator[None]:
    """Alembic's log would say that the revisions run."""
    log = logging.getLogger("alembic.runtime.migration")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def record(
    lineage: Lineage,
    here: frozenset[str],
    to: str,
    direction: Direction = "up",
    impl: type[GuardedImpl] = GuardedImpl,
) -> list[Recorded]:
    """What going from `here` to `to` would send, a revision at a time; else as :func:`record_steps`."""
    steps = lineage.steps(here, to, direction)
    return record_steps(lineage.app, here, steps, impl, lineage.scripts)


def record_steps(
    app: Application,
    here: frozenset[str],
    planned: Steps,
    impl: type[GuardedImpl] = GuardedImpl,
    scripts: ScriptDirectory | None = None,
) -> list[Recorded]:
    """What these steps would send from `here`, a revision at a time. Alembic may be in the middle of a run.

    :param impl: writes the statements instead of the guarded impl.
    :raises ModelError: where a revision asks the database what to do, so that it cannot be read without.
    """
    setup()
    buffer = io.StringIO()
    found: list[Recorded] = []

    def steps(_: Any, __: Any) -> Iterator[RevisionStep]:
        for step in planned:
            found.append(Recorded(step.revision.revision))
            begin = buffer.tell()
            yield step
            found[-1].sql = buffer.getvalue()[begin:]

    options = {
        **DEFAULTS,
        **joined(app.options),
        "as_sql": True,
        "literal_binds": True,
        "output_buffer": buffer,
        "fn": steps,
        "starting_rev": tuple(sorted(here)),
        "script": scripts,
        "target_metadata": app.convention,
    }
    with _silence():
        context = MigrationContext.configure(
            dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, opts=options
        )
    guarded(context, impl)
    try:
        with _silence(), installed(context) as operations, context.begin_transaction():
            record_calls(operations, lambda calls: found[-1].operations.extend(calls))  # noqa: PLW0108 - the last one changes
            context.run_migrations()
    except (AppSchemaError, CommandError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(
            f"{found[-1].revision} cannot be planned, because it asks the database ({reason})."
        ) from error
    return found
