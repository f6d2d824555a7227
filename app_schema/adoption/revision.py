"""The revision of adoption: autogenerate writes the file, the runner executes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import RevisionContext
from alembic.operations.ops import AddColumnOp, CreateTableOp
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from app_schema.adoption.future import Future
from app_schema.adoption.mend import after, before, begin, excludes, keep_dropped, unwritable
from app_schema.adoption.narrowing import refusals
from app_schema.adoption.place import DIRECTORY
from app_schema.errors import ConfigurationError, DifferentError
from app_schema.migrations import config, environment
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, RetypeOp, UnwritableOp
from app_schema.migrations.lineage import Lineage
from app_schema.migrations.operations import CreateObjectOp
from app_schema.project import Accepted

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript

    from app_schema.adoption.look import Look
    from app_schema.application import Application


def adopting(app: Application, directory: Path = DIRECTORY) -> Application:
    """The application with the revision of adoption as its only revision.

    The revision has the identifier of the head, so later revisions follow it.
    """
    return replace(app, versions=directory.resolve())


def write(look: Look, directory: Path = DIRECTORY) -> Path:
    """Writes the revision.

    :raises DifferentError: if an undeclared object on a declared table is not listed.
    """
    if look.strangers:
        raise DifferentError(
            f"{look.strangers[0].label} is neither declared nor superseded: list it under [[drop]] in "
            "adopt.toml, or declare it."
        )
    head, *others = sorted(Lineage(look.app).heads)
    if others:
        raise ConfigurationError(
            f"The revision of an adoption stands for the newest revision, and {look.app.name} has "
            f"{len(others) + 1}: {', '.join([head, *others])}. Adopt by the application of one branch, which "
            "--app names, and upgrade then."
        )
    app = adopting(look.app, directory)
    directory.mkdir(exist_ok=True)
    for old in directory.glob("*.py"):
        old.unlink()
    chosen = config(app)
    scripts = ScriptDirectory.from_config(chosen)
    arguments = {
        "message": f"Adopt a database that another system created, up to {head}",
        "autogenerate": True,
        "sql": False,
        "head": "head",
        "splice": False,
        "branch_label": None,
        "version_path": None,
        "rev_id": head,
        "depends_on": None,
    }
    context = RevisionContext(chosen, scripts, arguments)

    def compare(revision: Any, migration: Any) -> list[Any]:
        context.run_autogenerate(revision, migration)
        return []

    about = {"template_args": context.template_args, "revision_context": context}
    with EnvironmentContext(chosen, scripts, fn=compare, as_sql=False, **about) as running:
        environment.run(running, look.app, connection=look.connection, **_options(look))
    (script,) = context.generate_scripts()
    assert script is not None
    return Path(script.path)


def _options(look: Look) -> dict[str, Any]:
    """Prune drops the superseded objects; all other undeclared objects are accepted."""
    superseded = set(look.superseded)
    kept = [Accepted(key.label, "stays") for key in look.undeclared if key not in superseded]

    def complete(context: Any, revision: Any, directives: list[MigrationScript]) -> None:
        del context, revision
        (script,) = directives
        upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
        assert upgrade is not None
        assert downgrade is not None
        upgrade.ops[:] = _with_mends(list(upgrade.ops), look)
        downgrade.ops.clear()
        upgrade.reverse_into(downgrade)

    return {
        "prune": True,
        "zone": look.choices.zone,
        "accepted": kept,
        "scratch": look.scratch,
        "process_revision_directives": complete,
    }


def _with_mends(operations: list[MigrateOperation], look: Look) -> list[MigrateOperation]:
    """The operations and the data statements, which change rows after the superseded objects are dropped, and
    fill new columns before the new constraints are added.
    """
    loosened = [
        operation
        for operation in operations
        if isinstance(operation, CallOp) and operation.kwargs.get("nullable") is True
    ]
    notes = unwritable(look, operations)
    planned = [
        operation
        for operation in operations
        if operation not in loosened and (not isinstance(operation, UnwritableOp) or operation in notes)
    ]
    changes = (CreateObjectOp, CreateTableOp, AddColumnOp, RetypeOp)
    first = next(
        (number for number, operation in enumerate(planned) if isinstance(operation, changes)),
        len(planned),
    )
    columns = [number for number, operation in enumerate(planned) if _is_before_constraints(operation)]
    last = max([first, *(number + 1 for number in columns)])
    mended = [*loosened, *before(look), *refusals(Future(look))]
    ordered = [
        begin(look),
        *keep_dropped(look),
        *planned[:first],
        *mended,
        *planned[first:last],
        *after(look),
        *planned[last:],
    ]
    # CREATE INDEX also evaluates the old versions of rows that the transaction has updated, whose bounds may
    # be no range: exclusion constraints follow the COMMIT before a concurrent index
    excluding = [operation for operation in ordered if excludes(operation)]
    others = [operation for operation in ordered if operation not in excluding]
    committed = [
        number + 1 for number, operation in enumerate(others) if isinstance(operation, ConcurrentIndexOp)
    ]
    end = max(committed, default=len(others))
    return [*others[:end], *excluding, *others[end:]]


def _is_before_constraints(operation: MigrateOperation) -> bool:
    """True for a new type or column, except a generated column."""
    if isinstance(operation, AddColumnOp):
        return operation.column.computed is None
    return isinstance(operation, RetypeOp)
