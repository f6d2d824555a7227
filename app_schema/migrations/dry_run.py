"""The SQL and the operations of revisions, without running them on a database.

The code of the revisions runs in ``--sql`` mode, so loops and helper functions are included.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeAlias

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import UnboundExecutionError

from app_schema.application import Application
from app_schema.errors import AppSchemaError, ModelError
from app_schema.migrations import setup
from app_schema.migrations.environment import DEFAULTS, joined
from app_schema.migrations.impl import GuardedImpl, guarded
from app_schema.migrations.installed import installed
from app_schema.migrations.lineage import Direction, Lineage
from app_schema.migrations.operation import Operation
from app_schema.migrations.progress import silence
from app_schema.migrations.recording import recorded, recording
from app_schema.migrations.script import write_script
from app_schema.migrations.sentences import line_of, located

Steps: TypeAlias = Sequence[RevisionStep]


@dataclass
class Recorded:
    """A revision with its guarded SQL, and its operations in order; `queries`: up to its first query."""

    revision: str
    sql: str = ""
    operations: list[Operation] = field(default_factory=list)
    queries: bool = False


def record(
    lineage: Lineage,
    stamped: frozenset[str],
    to: str,
    direction: Direction = "up",
    impl: type[GuardedImpl] = GuardedImpl,
) -> list[Recorded]:
    """The revisions from `stamped` to `to`; otherwise as :func:`record_steps`."""
    steps = lineage.steps(stamped, to, direction)
    return record_steps(lineage.app, stamped, steps, impl, lineage.scripts)


def record_steps(
    app: Application,
    stamped: frozenset[str],
    planned: Steps,
    impl: type[GuardedImpl] = GuardedImpl,
    scripts: ScriptDirectory | None = None,
) -> list[Recorded]:
    """The revisions of these steps, from `stamped`. Safe in the middle of a run of Alembic.

    :param impl: renders the statements instead of the guarded impl.
    :raises ModelError: if a revision queries the database, or raises an error.
    """
    buffer = io.StringIO()
    records: list[Recorded] = []

    def steps(_: Any, __: Any) -> Iterator[RevisionStep]:
        for step in planned:
            records.append(Recorded(step.revision.revision))
            begin = buffer.tell()
            yield _recorded(step, proxied, records[-1])
            records[-1].sql = buffer.getvalue()[begin:]

    options = {
        "output_buffer": buffer,
        "fn": steps,
        "starting_rev": tuple(sorted(stamped)),
        "script": scripts,
    }
    context = _script(app, impl, options)
    try:
        with silence(), installed(context) as proxied, context.begin_transaction():
            context.run_migrations()
    except (AppSchemaError, CommandError):
        raise
    except (Exception, SystemExit) as error:  # a revision may call sys.exit(), and the command would succeed
        place = line_of(planned[len(records) - 1].revision.path, error)
        raise ModelError(f"{place}{records[-1].revision} cannot be planned{_because(error)}") from error
    return records


def _because(error: BaseException) -> str:
    reason = f"{type(error).__name__}: {error}"
    # a connection and the result of a query are None here
    if "NoneType" in str(error) or isinstance(error, UnboundExecutionError):
        return f", because it queries the database ({reason})."
    return f": {reason}."


def script_of_steps(lineage: Lineage, stamped: frozenset[str], steps: Steps) -> str:
    """The script that ``alembic upgrade --sql`` writes of these steps, from `stamped`."""
    buffer = io.StringIO()
    options = {"output_buffer": buffer, "fn": lambda *_: steps, "starting_rev": tuple(sorted(stamped))}
    context = _script(lineage.app, GuardedImpl, {**options, "script": lineage.scripts})
    with silence(), context.begin_transaction():
        write_script(context, lineage.app.search_path, {})
    return buffer.getvalue()


def operations(app: Application, planned: Steps) -> list[Recorded]:
    """The operations of these steps, without their SQL; of one that queries the database, those before."""
    records: list[Recorded] = []
    with silence(), installed(_script(app, GuardedImpl, {"output_buffer": io.StringIO()})) as proxied:
        for step in planned:
            records.append(Recorded(step.revision.revision))
            try:
                _recorded(step, proxied, records[-1]).migration_fn()
            except (AppSchemaError, CommandError):
                raise
            except (Exception, SystemExit):  # noqa: BLE001 - whatever code does that gets no answer
                records[-1].queries = True
    return records


def _recorded(step: RevisionStep, operations: Operations, planned: Recorded) -> RevisionStep:
    """The step, which notes its operations when it runs."""

    @wraps(step.migration_fn)  # Alembic logs its name
    def run(**kwargs: Any) -> None:
        with recorded(operations) as noted, located(step.revision.path):
            planned.operations = noted
            step.migration_fn(**kwargs)

    noting = copy.copy(step)
    noting.migration_fn = run
    return noting


def _script(app: Application, impl: type[GuardedImpl], options: dict[str, Any]) -> MigrationContext:
    """A context that writes a script."""
    setup()
    opts = {
        **DEFAULTS,
        **joined(app.options),
        "as_sql": True,
        "literal_binds": True,
        "target_metadata": app.convention,
        **options,
    }
    with silence():
        context = MigrationContext.configure(
            dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, opts=opts
        )
    return guarded(context, recording(impl))
