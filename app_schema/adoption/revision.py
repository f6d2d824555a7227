"""The one revision that adopts: written by autogenerate, carried out by the runner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import RevisionContext
from alembic.operations.ops import AddColumnOp, CreateTableOp
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from app_schema.adoption.mend import after, before, unwritable
from app_schema.errors import DifferentError
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

DIRECTORY = Path("adoption")
"""Where the revision is written, in the working directory: beside the lineage, and no part of it."""


def adopting(app: Application, directory: Path = DIRECTORY) -> Application:
    """The application whose whole lineage is the revision of adoption.

    It has the name of the head: it is another way to the same place, and later revisions follow it.
    """
    return replace(app, versions=directory.resolve())


def written(directory: Path = DIRECTORY) -> Path | None:
    """The revision in the directory, if there is one."""
    return next(iter(sorted(directory.glob("*.py"))), None)


def write(look: Look, directory: Path = DIRECTORY) -> Path:
    """Writes the revision.

    :raises DifferentError: where something is undeclared on a table of ours and is not listed.
    """
    if look.strangers:
        raise DifferentError(
            f"{look.strangers[0].label} is neither declared nor superseded: list it under [[drop]] in "
            "adopt.toml, or declare it."
        )
    app = adopting(look.app, directory)
    directory.mkdir(exist_ok=True)
    for old in directory.glob("*.py"):
        old.unlink()
    (head,) = Lineage(look.app).heads
    chosen = config(app)
    scripts = ScriptDirectory.from_config(chosen)
    arguments = {
        "message": f"Adopt a database that another system made, up to {head}",
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
    """Prune drops what is superseded: all else that is undeclared is accepted."""
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
        "process_revision_directives": complete,
    }


def _with_mends(operations: list[MigrateOperation], look: Look) -> list[MigrateOperation]:
    """The operations with the data statements: rows change where nothing superseded acts on them any more,
    new columns are filled where no new constraint asks for it yet.
    """
    loosened = [one for one in operations if isinstance(one, CallOp) and one.kwargs.get("nullable") is True]
    notes = unwritable(look, operations)
    rest = [
        one
        for one in operations
        if one not in loosened and (not isinstance(one, UnwritableOp) or one in notes)
    ]
    changes = (CreateObjectOp, CreateTableOp, AddColumnOp, RetypeOp)
    first = next((number for number, one in enumerate(rest) if isinstance(one, changes)), len(rest))
    columns = [number for number, one in enumerate(rest) if _is_before_constraints(one)]
    last = max([first, *(number + 1 for number in columns)])
    done = [*rest[:first], *loosened, *before(look), *rest[first:last], *after(look), *rest[last:]]
    # until a commit an index meets the former versions of changed rows, whose bounds make no range
    excluding = [one for one in done if _excludes(one)]
    others = [one for one in done if one not in excluding]
    committed = [number + 1 for number, one in enumerate(others) if isinstance(one, ConcurrentIndexOp)]
    end = max(committed, default=len(others))
    return [*others[:end], *excluding, *others[end:]]


def _excludes(operation: MigrateOperation) -> bool:
    """True for an exclusion constraint."""
    return isinstance(operation, CreateObjectOp) and str(getattr(operation.obj, "definition", "")).startswith(
        "EXCLUDE"
    )


def _is_before_constraints(operation: MigrateOperation) -> bool:
    """True for a new type or column, but for a column that others are computed into."""
    if isinstance(operation, AddColumnOp):
        return operation.column.computed is None
    return isinstance(operation, RetypeOp)
