"""The SQL and the operations of revisions, without running them on a database.

The code of the revisions runs in ``--sql`` mode, so loops and helper functions are included.
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
    """A revision with its guarded SQL, and its operations in order."""

    revision: str
    sql: str = ""
    operations: list[Operation] = field(default_factory=list)


@contextmanager
def _silence() -> Iterator[None]:
    """Mutes the log of Alembic, which would report that the revisions run."""
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
    """The revisions from `here` to `to`; otherwise as :func:`record_steps`."""
    steps = lineage.steps(here, to, direction)
    return record_steps(lineage.app, here, steps, impl, lineage.scripts)


def record_steps(
    app: Application,
    here: frozenset[str],
    planned: Steps,
    impl: type[GuardedImpl] = GuardedImpl,
    scripts: ScriptDirectory | None = None,
) -> list[Recorded]:
    """The revisions of these steps, from `here`. Safe in the middle of a run of Alembic.

    :param impl: renders the statements instead of the guarded impl.
    :raises ModelError: if a revision queries the database.
    """
    setup()
    buffer = io.StringIO()
    recorded: list[Recorded] = []

    def steps(_: Any, __: Any) -> Iterator[RevisionStep]:
        for step in planned:
            recorded.append(Recorded(step.revision.revision))
            begin = buffer.tell()
            yield step
            recorded[-1].sql = buffer.getvalue()[begin:]

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
            record_calls(operations, lambda calls: recorded[-1].operations.extend(calls))  # noqa: PLW0108 - recorded[-1] changes
            context.run_migrations()
    except (AppSchemaError, CommandError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(
            f"{recorded[-1].revision} cannot be planned, because it queries the database ({reason})."
        ) from error
    return recorded
